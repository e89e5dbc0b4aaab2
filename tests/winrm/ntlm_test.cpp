// Names in NTLM type 3 messages (MS-NLMP 2.2.1.3).
#include <cstdint>

#include <gtest/gtest.h>

#include "tokens_support.h"
#include "winrmlb/core/base64.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {
namespace {

std::string base64(std::string_view bytes) { return encode_base64(bytes); }

std::string utf16(std::u16string_view text) {
  std::string out;
  for (const char16_t unit : text) {
    out += static_cast<char>(unit & 0xff);
    out += static_cast<char>(unit >> 8);
  }
  return out;
}

void put(std::string& message, std::size_t at, std::uint32_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i)
    message[at + i] = static_cast<char>(value >> 8 * i);
}

// A type 3 message with these names right after its fixed part.
std::string type3(const std::string& domain, const std::string& user, std::uint32_t flags) {
  std::string message("NTLMSSP\0\3\0\0\0", 12);
  message.resize(64);
  put(message, 28, static_cast<std::uint32_t>(domain.size()), 2);
  put(message, 32, 64, 4);
  put(message, 36, static_cast<std::uint32_t>(user.size()), 2);
  put(message, 40, static_cast<std::uint32_t>(64 + domain.size()), 4);
  put(message, 60, flags, 4);
  return message + domain + user;
}

constexpr std::uint32_t kUnicode = 1;
constexpr std::uint32_t kOem = 2;

TEST(NtlmUser, IsReadFromAMessageOfARealClient) {
  EXPECT_EQ(ntlm_user("TlRMTVNTUAADAAAAGAAYAGoAAABUAFQAggAAAAgACABIAAAAEAAQAFAAAAAKAAoAYAAAABAAEADWAAAAMYKK4g"
                      "YBsR0AAAAPVgBP"
                      "AFMAUwBhAHUAdABvAG0AYQB0AGUATgBPAEQARQA3AGmj61aTxp7uJ6KBFEUvdZGSHBt6P+"
                      "z8eQTGjiDKLdxlBCQRTnZqVdwBAQAAAAAA"
                      "AIDnGRbJvGgQkhwbej/s/"
                      "HkAAAAAAgAMAEQAbwBtAGEAaQBuAAEADABTAGUAcgB2AGUAcgAAAAAAAAAAAOulRT14KBzfQPz1rNCJaWA="),
            "VOSS\\automate");
}

TEST(NtlmUser, StandsAloneWithoutADomain) {
  EXPECT_EQ(ntlm_user(base64(type3("", utf16(u"svc@voss.example"), kUnicode))), "svc@voss.example");
}

TEST(NtlmUser, IsTurnedIntoUtf8) {
  EXPECT_EQ(ntlm_user(base64(type3(utf16(u"D\u00d6M"), utf16(u"\u20ac\U0001F600"), kUnicode))),
            "D\xc3\x96M\\\xe2\x82\xac\xf0\x9f\x98\x80");
  const std::u16string lone{0xd83d, u'x', 0xde00, 0xd83d};
  EXPECT_EQ(ntlm_user(base64(type3("", utf16(lone), kUnicode))), "\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(NtlmUser, OfAnOemMessageKeepsWhatIsAscii) {
  EXPECT_EQ(ntlm_user(base64(type3("DOM", "u\x81ser", kOem))), "DOM\\u\xef\xbf\xbdser");
}

TEST(NtlmUser, IsFoundWithinSpnego) {
  const std::string message = type3(utf16(u"D"), utf16(u"user"), kUnicode);
  const std::string header = "\xa1\x62\x30\x60\xa2\x5e\x04\x5c";
  EXPECT_EQ(ntlm_user(base64(header + message + "\xa3\x12\x04\x10NTLMSSP")), "D\\user");
}

TEST(NtlmUser, ASignatureOfAnotherMessageBeforeItIsPassedOver) {
  const std::string decoy("NTLMSSP\0\1\0\0\0", 12);
  EXPECT_EQ(ntlm_user(base64(decoy + type3("", utf16(u"user"), kUnicode))), "user");
}

TEST(NtlmUser, AnonymousAndOtherTypesNameNobody) {
  EXPECT_EQ(ntlm_user(base64(type3(utf16(u"D"), "", kUnicode))), std::nullopt);
  for (const char type : {'\0', '\1', '\2', '\4'}) {
    auto message = type3(utf16(u"D"), utf16(u"user"), kUnicode);
    message[8] = type;
    EXPECT_EQ(ntlm_user(base64(message)), std::nullopt) << int{type};
  }
  EXPECT_EQ(ntlm_user(""), std::nullopt);
  EXPECT_EQ(ntlm_user("YIIGhgYG"), std::nullopt);
  EXPECT_EQ(ntlm_user("not base64!"), std::nullopt);
}

TEST(NtlmUser, AMessageCutAnywhereNamesNobody) {
  const std::string message = type3(utf16(u"DOMAIN"), utf16(u"user"), kUnicode);
  for (std::size_t length = 0; length < message.size(); ++length) {
    EXPECT_EQ(ntlm_user(base64(message.substr(0, length))), std::nullopt) << length;
  }
  EXPECT_EQ(ntlm_user(base64(message)), "DOMAIN\\user");
}

TEST(NtlmUser, FieldsThatPointOutsideAreRefused) {
  const std::string message = type3(utf16(u"DOMAIN"), utf16(u"user"), kUnicode);
  for (const std::size_t field : {std::size_t{28}, std::size_t{36}}) {
    for (const std::uint32_t offset :
         {std::uint32_t(message.size()), 0x7fffffffU, 0x80000000U, 0xfffffffeU, 0xffffffffU}) {
      auto broken = message;
      put(broken, field + 4, offset, 4);
      EXPECT_EQ(ntlm_user(base64(broken)), std::nullopt) << field << " at " << offset;
    }
    auto too_long = message;
    put(too_long, field, 0xffff, 2);
    EXPECT_EQ(ntlm_user(base64(too_long)), std::nullopt) << field;
  }
}

TEST(NtlmUser, HalfAUtf16UnitIsRefused) {
  EXPECT_EQ(ntlm_user(base64(type3("", "use", kUnicode))), std::nullopt);
}

TEST(NtlmUser, ANameMayHave1024BytesAndNoMore) {
  EXPECT_EQ(ntlm_user(base64(type3("", std::string(1024, 'u'), kOem))), std::string(1024, 'u'));
  EXPECT_EQ(ntlm_user(base64(type3("", std::string(1025, 'u'), kOem))), std::nullopt);
  EXPECT_EQ(ntlm_user(base64(type3(std::string(1025, 'd'), "u", kOem))), std::nullopt);
}

// A type 3 message whose NT response is 44 bytes of something and then these pairs.
std::string with_pairs(const std::string& pairs, std::size_t before = 44) {
  auto message = type3("", utf16(u"u"), kUnicode);
  const std::string response = std::string(before, 'r') + pairs;
  put(message, 20, static_cast<std::uint32_t>(response.size()), 2);
  put(message, 24, static_cast<std::uint32_t>(message.size()), 4);
  return message + response;
}
std::string pair(unsigned id, const std::string& value) {
  std::string out(4, '\0');
  put(out, 0, id, 2);
  put(out, 2, static_cast<std::uint32_t>(value.size()), 2);
  return out + value;
}

TEST(NtlmBindings, AreSeenInMessagesOfARealClient) {
  EXPECT_EQ(ntlm_bindings(kRealNtlmBound), Bindings::Present);
  EXPECT_EQ(ntlm_bindings(kRealNtlmUnbound), Bindings::Absent);
}

TEST(NtlmBindings, ThatAreAllZeroAreNone) {
  const auto of = [](const std::string& pairs) { return ntlm_bindings(base64(with_pairs(pairs))); };
  const auto end = pair(0, "");
  EXPECT_EQ(of(pair(10, std::string(16, '\0')) + end), Bindings::Absent);
  EXPECT_EQ(of(pair(10, std::string(15, '\0') + "x") + end), Bindings::Present);
  EXPECT_EQ(of(pair(2, utf16(u"D")) + pair(10, std::string(16, 'h')) + end), Bindings::Present);
  EXPECT_EQ(of(pair(2, utf16(u"D")) + end + pair(10, std::string(16, 'h'))), Bindings::Absent);
  EXPECT_EQ(ntlm_bindings(base64(with_pairs("", 24))), Bindings::Absent) << "NTLMv1 has none";
}

TEST(NtlmBindings, OfAListCutAnywhereAreNotGuessed) {
  const auto pairs = pair(2, utf16(u"D")) + pair(10, std::string(16, 'h')) + pair(0, "");
  for (std::size_t length = 1; length < 6 + 20; ++length) {
    EXPECT_EQ(ntlm_bindings(base64(with_pairs(pairs.substr(0, length)))), Bindings::Unknown) << length;
  }
  EXPECT_EQ(ntlm_bindings(""), Bindings::Unknown);
  EXPECT_EQ(ntlm_bindings(kNtlmChallenge), Bindings::Unknown);
  auto outside = with_pairs(pairs);
  put(outside, 24, 0xfffffff0U, 4);
  EXPECT_EQ(ntlm_bindings(base64(outside)), Bindings::Unknown);
}

}  // namespace
}  // namespace winrmlb::winrm
