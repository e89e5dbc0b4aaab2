// The session cookie: signed, told from others, and taken out without a trace.
#include "winrmlb/proxy/cookie.h"

#include <set>

#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/core/base64.h"

namespace winrmlb::proxy {
namespace {

std::string key_line(char fill, std::size_t bytes = 32) {
  return encode_base64(std::string(bytes, fill)) + "\n";
}

CookieKeys keys_of(const std::string& text) {
  auto keys = CookieKeys::parse(text);
  EXPECT_TRUE(keys) << keys.error().detail;
  return std::move(*keys);
}

std::string why_refused(const std::string& text) {
  const auto keys = CookieKeys::parse(text);
  return keys ? "nothing" : keys.error().detail;
}

const SessionCookie kCookie{0x0123456789abcdefU, SessionId(0xfedcba9876543210U)};

// ---- keys and values
// ------------------------------------------------------------------------------------------------

TEST(CookieValue, ComesBackAsItWasSigned) {
  const auto keys = keys_of(key_line('k'));
  const auto value = keys.sign(kCookie);
  EXPECT_EQ(keys.verify(value), kCookie);
  EXPECT_EQ(value.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(CookieValue, IsTheSameOnEveryBalancerWithTheKey) {
  // Another value here would end the cookies of every deployed pair of balancers.
  EXPECT_EQ(keys_of(key_line('k')).sign(kCookie), "AdzoASNFZ4mrze_-3LqYdlQyEHRJ791_YuHXiJyStYSNdms");
  EXPECT_EQ(cookie_server("teams", "ps1"), cookie_server("teams", "ps1"));
  EXPECT_NE(cookie_server("teams", "ps1"), cookie_server("teams", "ps2"));
  EXPECT_NE(cookie_server("teams", "ps1"), cookie_server("team", "sps1"));
}

TEST(CookieValue, AnyChangeOfItIsRefused) {
  const auto keys = keys_of(key_line('k'));
  const auto value = keys.sign(kCookie);
  for (std::size_t i = 0; i < value.size(); ++i) {
    for (const char other : {'A', 'z', '-', '+', '='}) {
      auto changed = value;
      changed[i] = other;
      EXPECT_TRUE(changed == value || !keys.verify(changed)) << i;
    }
    EXPECT_FALSE(keys.verify(value.substr(0, i))) << i;
  }
  EXPECT_FALSE(keys.verify(value + "A"));
  EXPECT_FALSE(keys.verify(value + value));
}

TEST(CookieKeys, AreRotatedWithoutLosingCookies) {
  const auto before = keys_of(key_line('a'));
  const auto during = keys_of(key_line('b') + key_line('a'));
  const auto after = keys_of(key_line('b'));
  const auto old_value = before.sign(kCookie);
  const auto new_value = during.sign(kCookie);
  EXPECT_EQ(during.verify(old_value), kCookie);
  EXPECT_EQ(during.verify(new_value), kCookie);
  EXPECT_EQ(after.sign(kCookie), new_value) << "the newest key signs";
  EXPECT_FALSE(after.verify(old_value));
  EXPECT_FALSE(before.verify(new_value));
}

TEST(CookieKeys, MayBeExplainedAndSpacedOut) {
  EXPECT_EQ(keys_of("# made in November\r\n\r\n  " + key_line('a') + "\n\t# the one before\n" + key_line('b'))
                .size(),
            2U);
  auto unended = key_line('a');
  unended.pop_back();
  EXPECT_EQ(keys_of(unended).size(), 1U);
}

TEST(CookieKeys, MistakesNameTheLineAndNeverTheKey) {
  EXPECT_EQ(why_refused(""), "there is no key; openssl rand -base64 32 makes one");
  EXPECT_EQ(why_refused("# nothing\n"), "there is no key; openssl rand -base64 32 makes one");
  EXPECT_EQ(why_refused(key_line('a') + "hunter2\n"), "line 2 is no key; a key is written in base64");
  EXPECT_EQ(why_refused(key_line('a', 31)), "line 1 has 31 bytes; a key has 32 to 128");
  EXPECT_EQ(why_refused(key_line('a', 128)), "nothing");
  EXPECT_EQ(why_refused(key_line('a', 129)), "line 1 has 129 bytes; a key has 32 to 128");
  std::string many;
  for (char fill = 'a'; fill < 'i'; ++fill)
    many += key_line(fill);
  EXPECT_EQ(why_refused(many), "nothing");
  EXPECT_EQ(why_refused(many + key_line('i')), "there may be 8 keys at most");
}

TEST(CookieKeys, AreLoadedFromAFileThatMistakesName) {
  const Scratch scratch;
  const auto good = CookieKeys::load(scratch.write("good.keys", key_line('a') + key_line('b')));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->size(), 2U);
  const auto refused = [&](const std::string& path) { return CookieKeys::load(path).error().detail; };
  EXPECT_EQ(refused(scratch.path("none")), "cannot read the file " + scratch.path("none"));
  EXPECT_EQ(refused(scratch.write("bad.keys", "x\n")),
            scratch.path("bad.keys") + ": line 1 is no key; a key is written in base64");
  EXPECT_EQ(refused(scratch.write("long.keys", std::string(16 * 1024 + 1, '\n'))),
            scratch.path("long.keys") + ": too long for a file of keys");
  EXPECT_EQ(refused(scratch.path("")), "cannot read the file " + scratch.path(""));
}

TEST(SetCookie, SaysWhereItGoesAndThatNoScriptSeesIt) {
  const auto keys = keys_of(key_line('k'));
  const auto value = keys.sign(kCookie);
  EXPECT_EQ(set_cookie_line(keys, kCookie, CookieScope::AnyConnection),
            "Set-Cookie: MS-WSMAN-LB=" + value + "; Path=/wsman; HttpOnly; SameSite=Strict\r\n");
  EXPECT_EQ(set_cookie_line(keys, kCookie, CookieScope::TlsOnly),
            "Set-Cookie: MS-WSMAN-LB=" + value + "; Path=/wsman; HttpOnly; SameSite=Strict; Secure\r\n");
}

// ---- the field
// ------------------------------------------------------------------------------------------------------

// What of the field would go on to the server; "-" if the line is left out.
struct Field {
  CookieKeys keys = keys_of(key_line('k'));
  std::string value = keys.sign(kCookie);

  // `text` with $ for our cookie's value.
  std::string left_of(std::string text, bool* has_cookie = nullptr) const {
    for (auto at = text.find('$'); at != std::string::npos; at = text.find('$', at + value.size()))
      text.replace(at, 1, value);
    const auto found = read_cookie_field(text, &keys);
    if (has_cookie != nullptr) *has_cookie = found.cookie.has_value();
    EXPECT_EQ(found.cookie.value_or(kCookie), kCookie);
    if (found.ours_alone) return "-";
    std::string left;
    const char* at = text.data();
    for (std::size_t i = 0; i < found.span_count; ++i) {
      EXPECT_LE(at, found.spans[i].data());
      left.append(at, found.spans[i].data());
      at = found.spans[i].data() + found.spans[i].size();
    }
    return left.append(at, static_cast<const char*>(text.data() + text.size()));
  }
};

TEST(CookieField, OursIsTakenOutAndOthersStayAsTheyCame) {
  const Field field;
  struct Case {
    const char* text;
    const char* left;
  };
  for (const auto& [text, left] : {
           Case{"MS-WSMAN-LB=$", "-"},
           {"MS-WSMAN-LB=\"$\"", "-"},
           {" ms-wsman-lb = $ ;", "-"},
           {"MS-WSMAN-LB=$; c=d", "c=d"},
           {"a=b; MS-WSMAN-LB=$", "a=b"},
           {"a=b; MS-WSMAN-LB=$; c=d", "a=b; c=d"},
           {"a=b;MS-WSMAN-LB=$;c=d", "a=b;c=d"},
           {"MS-WSMAN=x; MS-WSMAN-LB=$", "MS-WSMAN=x"},
           {"MS-WSMAN-LB=$; MS-WSMAN=x", "MS-WSMAN=x"},
           {"a=b; MS-WSMAN-LB=$; MS-WSMAN-LB=old; c=d", "a=b; c=d"},
           {"a=b; MS-WSMAN-LB=$; MS-WSMAN-LB=old", "a=b"},
           {"MS-WSMAN-LB=$; a=b; MS-WSMAN-LB=old; ; ", "a=b"},
       }) {
    bool has_cookie = false;
    EXPECT_EQ(field.left_of(text, &has_cookie), left) << text;
    EXPECT_TRUE(has_cookie) << text;
  }
}

TEST(CookieField, ARawSetCookieValueIsReadAsWell) {
  const Field field;
  struct Case {
    const char* text;
    const char* left;
  };
  for (const auto& [text, left] : {
           Case{"MS-WSMAN-LB=$; Path=/wsman; HttpOnly; SameSite=Strict", "-"},
           {"MS-WSMAN-LB=$; Path=/wsman; HttpOnly; SameSite=Strict; Secure", "-"},
           {"MS-WSMAN-LB=$; path=/wsman; httponly, MS-WSMAN=x; path=/; HttpOnly",
            "MS-WSMAN=x; path=/; HttpOnly"},
           {"MS-WSMAN=x; path=/; HttpOnly, MS-WSMAN-LB=$; Path=/wsman; HttpOnly; SameSite=Strict",
            "MS-WSMAN=x; path=/; HttpOnly"},
           {"a=1; Path=/, MS-WSMAN-LB=$; Path=/wsman; HttpOnly; SameSite=Strict, b=2; Secure",
            "a=1; Path=/, b=2; Secure"},
           {"MS-WSMAN-LB=$; Path=/wsman, Path=x", "Path=x"},
       }) {
    bool has_cookie = false;
    EXPECT_EQ(field.left_of(text, &has_cookie), left) << text;
    EXPECT_TRUE(has_cookie) << text;
  }
}

TEST(CookieField, WhatIsNotOursPasses) {
  const Field field;
  for (const auto* text : {"", ";", "a=b", "MS-WSMAN=$", "MS-WSMAN-LBX=$", "XMS-WSMAN-LB=$",
                           "a=MS-WSMAN-LB=$; b", "Path=/; HttpOnly", "=; ,"}) {
    bool has_cookie = true;
    auto wanted = std::string(text);
    if (const auto at = wanted.find('$'); at != std::string::npos) wanted.replace(at, 1, field.value);
    EXPECT_EQ(field.left_of(text, &has_cookie), wanted) << text;
    EXPECT_FALSE(has_cookie) << text;
  }
}

TEST(CookieField, AForgedOneIsTakenOutAndNotBelieved) {
  const Field field;
  bool has_cookie = true;
  EXPECT_EQ(field.left_of("a=b; MS-WSMAN-LB=forged", &has_cookie), "a=b");
  EXPECT_FALSE(has_cookie);
  EXPECT_EQ(field.left_of("MS-WSMAN-LB=forged; MS-WSMAN-LB=$", &has_cookie), "-");
  EXPECT_TRUE(has_cookie) << "the first that we signed counts";
  EXPECT_EQ(field.left_of("MS-WSMAN-LB", &has_cookie), "-");
}

TEST(CookieField, WithoutKeysItIsTakenOutAllTheSame) {
  const Field field;
  const auto text = "a=b; MS-WSMAN-LB=" + field.value;
  const auto found = read_cookie_field(text, nullptr);
  EXPECT_FALSE(found.cookie);
  ASSERT_EQ(found.span_count, 1U);
  EXPECT_EQ(found.spans[0], "; MS-WSMAN-LB=" + field.value);
}

TEST(CookieField, FourPlacesAreTakenOutAndMoreTakeTheLine) {
  const Field field;
  std::string text = "a=b";
  for (int i = 0; i < 4; ++i)
    text += "; MS-WSMAN-LB=x; c=d";
  EXPECT_EQ(field.left_of(text), "a=b; c=d; c=d; c=d; c=d");
  EXPECT_EQ(field.left_of(text + "; MS-WSMAN-LB=x; c=d"), "-");
}

TEST(CookieField, NoMoreThanFourAreTried) {
  const Field field;
  for (int forged = 0; forged <= 4; ++forged) {
    std::string text;
    for (int i = 0; i < forged; ++i)
      text += "MS-WSMAN-LB=x; ";
    bool has_cookie = false;
    field.left_of(text + "MS-WSMAN-LB=$", &has_cookie);
    EXPECT_EQ(has_cookie, forged < 4) << forged;
  }
}

TEST(CookieField, EveryCutLeavesNothingOfOurs) {
  const Field field;
  const std::string text =
      "a=b; MS-WSMAN-LB=" + field.value + "; Path=/wsman; HttpOnly, c=d; MS-WSMAN-LB=" + field.value;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto left = field.left_of(text.substr(0, length));
    EXPECT_EQ(left.find("MS-WSMAN-LB"), std::string::npos) << length << left;
    EXPECT_EQ(left.find(field.value.substr(0, 8)), std::string::npos) << length << left;
  }
}

}  // namespace
}  // namespace winrmlb::proxy
