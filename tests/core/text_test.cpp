#include "winrmlb/core/text.h"

#include <gtest/gtest.h>

namespace winrmlb {
namespace {

TEST(ParseUnsigned, TakesDigitsOnly) {
  EXPECT_EQ(parse_unsigned("0"), 0U);
  EXPECT_EQ(parse_unsigned("65535", 65535), 65535U);
  for (const auto* text : {"", "+1", "-1", " 1", "1 ", "0x1", "1e3", "65536", "99999999999999999999999"}) {
    EXPECT_EQ(parse_unsigned(text, 65535), std::nullopt) << text;
  }
}

TEST(ParseUnsigned, HoldsTheWholeRange) {
  EXPECT_EQ(parse_unsigned("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(parse_unsigned("18446744073709551616"), std::nullopt);
}

TEST(JsonEscape, ControlsQuotesAndBrokenUtf8AreMadeSafe) {
  std::string out;
  append_json_escaped(out, "a\"b\\c\n\x01\xc3\xa9\xff\xed\xa0\x80");
  EXPECT_EQ(out, "a\\\"b\\\\c\\u000a\\u0001\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(XmlEscape, MarkupAndForbiddenCharactersAreMadeSafe) {
  std::string out;
  append_xml_escaped(out, "<a b='1'>&\"\x01\xff");
  EXPECT_EQ(out, "&lt;a b=&apos;1&apos;&gt;&amp;&quot;??");
}

TEST(Nearest, FindsTheMeantWordAndNoOther) {
  EXPECT_EQ(nearest("lisners", {"listeners", "pools"}), "listeners");
  EXPECT_EQ(nearest("zzz", {"listeners", "pools"}), std::nullopt);
}

}  // namespace
}  // namespace winrmlb
