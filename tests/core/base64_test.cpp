#include "winrmlb/core/base64.h"

#include <gtest/gtest.h>

namespace winrmlb {
namespace {

// RFC 4648 10.
TEST(Base64, ThePublishedVectorsGoBothWays) {
  struct Case {
    std::string_view bytes;
    std::string_view text;
  };
  for (const auto& [bytes, text] : {
           Case{"", ""},
           {"f", "Zg=="},
           {"fo", "Zm8="},
           {"foo", "Zm9v"},
           {"foob", "Zm9vYg=="},
           {"fooba", "Zm9vYmE="},
           {"foobar", "Zm9vYmFy"},
       }) {
    EXPECT_EQ(encode_base64(bytes), text);
    EXPECT_EQ(decode_base64(text), bytes);
    const auto unpadded = text.substr(0, text.find('='));
    EXPECT_EQ(encode_base64(bytes, Base64::Url), unpadded);
    EXPECT_EQ(decode_base64(unpadded, Base64::Url), bytes);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  for (std::size_t length = 0; length <= bytes.size(); ++length) {
    const auto part = bytes.substr(bytes.size() - length);
    for (const auto kind : {Base64::Standard, Base64::Url}) {
      EXPECT_EQ(decode_base64(encode_base64(part, kind), kind), part) << length;
    }
  }
}

TEST(Base64, TheTwoAlphabetsDoNotMix) {
  EXPECT_EQ(encode_base64("\xfb\xff"), "+/8=");
  EXPECT_EQ(encode_base64("\xfb\xff", Base64::Url), "-_8");
  EXPECT_EQ(decode_base64("-_8="), std::nullopt);
  EXPECT_EQ(decode_base64("+/8", Base64::Url), std::nullopt);
  EXPECT_EQ(decode_base64("-_8=", Base64::Url), std::nullopt) << "base64url has no padding here";
}

TEST(Base64, OneTextOnlyGivesTheSameBytes) {
  EXPECT_EQ(decode_base64("Zh=="), std::nullopt) << "bits that belong to no byte";
  EXPECT_EQ(decode_base64("Zg"), std::nullopt) << "no padding";
  EXPECT_EQ(decode_base64("Z"), std::nullopt);
  EXPECT_EQ(decode_base64("Zh", Base64::Url), std::nullopt);
  EXPECT_EQ(decode_base64("Zm8A=", Base64::Url), std::nullopt);
  EXPECT_EQ(decode_base64("Z", Base64::Url), std::nullopt);
  EXPECT_EQ(decode_base64("Zm9vZ", Base64::Url), std::nullopt);
  EXPECT_EQ(decode_base64("Zm 9", Base64::Url), std::nullopt);
}

}  // namespace
}  // namespace winrmlb
