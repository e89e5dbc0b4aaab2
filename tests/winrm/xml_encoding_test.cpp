// What a document is written in, and that its text comes out as UTF-8.
#include "winrmlb/winrm/xml_encoding.h"

#include <array>

#include <gtest/gtest.h>

namespace winrmlb::winrm {
namespace {

std::string decoded(std::string_view bytes, std::size_t piece, Charset charset) {
  XmlEncoding encoding(charset);
  std::array<char, 64> room;
  std::string text;
  while (!bytes.empty()) {
    auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    encoding.look(part);
    while (!part.empty()) {
      const auto before = part.size();
      const auto taken = encoding.take(part, room);
      EXPECT_TRUE(part.size() < before || !taken.empty());
      text += taken;
    }
  }
  return text;
}

void expect(std::string_view bytes, std::string_view text, Charset charset) {
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
    EXPECT_EQ(decoded(bytes, piece, charset), text) << "in pieces of " << piece;
}

std::string units(std::u16string_view text, bool is_big) {
  std::string out;
  for (const char16_t unit : text) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xFF);
    out += is_big ? high : low;
    out += is_big ? low : high;
  }
  return out;
}

constexpr std::string_view kLong =
    "<a>sixteen units at a time and then some more, \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80 and ASCII again, "
    "for long enough</a>";
constexpr std::u16string_view kLongUnits =
    u"<a>sixteen units at a time and then some more, \u00E4 \u20AC \U0001F600 and ASCII again, for long "
    u"enough</a>";

TEST(XmlEncoding, Utf8PassesAsItIs) {
  expect(kLong, kLong, Charset::Utf8);
  expect(kLong, kLong, Charset::Other);
  expect("\xEF\xBB\xBF<a/>", "\xEF\xBB\xBF<a/>", Charset::Utf16);
}

TEST(XmlEncoding, Utf16OfBothOrdersBecomesUtf8) {
  for (const bool is_big : {false, true}) {
    for (const auto charset : {Charset::Utf8, Charset::Utf16, Charset::Other}) {
      expect(units(kLongUnits, is_big), kLong, charset);
      expect(units(u"\uFEFF" + std::u16string(kLongUnits), is_big), "\xEF\xBB\xBF" + std::string(kLong),
             charset);
    }
  }
}

TEST(XmlEncoding, TheContentTypeDecidesWhereTheFirstBytesDoNot) {
  expect(units(u" <a/>", false), " <a/>", Charset::Utf16);
  expect(units(u"\r<a/>", true), "\r<a/>", Charset::Utf16);
  expect(" <a/>", " <a/>", Charset::Utf8);
  expect("<a/>", "<a/>", Charset::Utf16);  // that it is not UTF-16 is plain to see
}

TEST(XmlEncoding, HalfSurrogatePairsAreReplaced) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  const auto text = [](std::u16string_view middle) {
    return units(u"<" + std::u16string(middle) + u">", false);
  };
  const auto expected = [&](int times) {
    std::string all = "<";
    while (times-- > 0)
      all += kReplacement;
    return all + ">";
  };
  const char16_t high = 0xD83D, low = 0xDE00;
  expect(text(std::u16string{high}), expected(1), Charset::Utf8);
  expect(text(std::u16string{low}), expected(1), Charset::Utf8);
  expect(text(std::u16string{high, high}), expected(2), Charset::Utf8);
  expect(text(std::u16string{low, high}), expected(2), Charset::Utf8);
  const std::u16string plain(40, u'x');
  expect(text(high + plain), "<" + std::string(kReplacement) + std::string(40, 'x') + ">", Charset::Utf8);
}

TEST(XmlEncoding, HalfACharacterAtTheEndIsNotGiven) {
  expect(std::string("<\0a", 3), "<", Charset::Utf8);
  expect("<", "", Charset::Utf8);
  expect("", "", Charset::Utf16);
}

}  // namespace
}  // namespace winrmlb::winrm
