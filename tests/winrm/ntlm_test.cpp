// Names in NTLM type 3 messages (MS-NLMP 2.2.1.3).
#include <cstdint>

#include <gtest/gtest.h>

#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {
namespace {

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    }
    const std::size_t digits = std::min<std::size_t>(3, bytes.size() - i) + 1;
    for (std::size_t j = 0; j < 4; ++j)
      out += j < digits ? kDigits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

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

}  // namespace
}  // namespace winrmlb::winrm
