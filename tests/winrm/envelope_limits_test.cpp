// How much of a message is read, and what the scanner has room for: each limit at n and at n + 1.
#include <gtest/gtest.h>

#include "winrm/envelope_support.h"

namespace winrmlb::winrm {
namespace {

using namespace test;
using Side = EnvelopeScanner::Side;
using State = EnvelopeScanner::State;

constexpr std::string_view kHeaderEnd = "</env:Header>";

// A Receive of pywinrm with that text before the end of its header.
std::string with(std::string_view text) {
  return replaced(pywinrm_receive(), kHeaderEnd, std::string(text) + std::string(kHeaderEnd));
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (; times > 0; --times)
    all += text;
  return all;
}

void expect(const std::string& text, State state, Charset charset = Charset::Utf8) {
  EXPECT_EQ(scan_whole(text, Side::Request, charset).state, state) << text.size();
  EXPECT_EQ(scan_by_bytes(text, Side::Request, charset).state, state) << text.size();
}

// With a header that ends with the byte of that number.
std::string with_header_of(std::size_t bytes) {
  const auto end = pywinrm_receive().find(kHeaderEnd) + kHeaderEnd.size();
  return with(std::string(bytes - end, ' '));
}

TEST(EnvelopeLimits, AreFewBytes) { EXPECT_LE(sizeof(EnvelopeScanner), 1536U); }

TEST(EnvelopeLimits, TheHeaderEndsWithin8KiB) {
  expect(with_header_of(EnvelopeScanner::kMostBytes), State::Done);
  expect(with_header_of(EnvelopeScanner::kMostBytes + 1), State::GaveUp);
  EXPECT_TRUE(scan_whole(with_header_of(EnvelopeScanner::kMostBytes + 1), Side::Request).facts.shell);
}

TEST(EnvelopeLimits, TheHeaderEndsWithin16KiBOfUtf16) {
  const auto units = EnvelopeScanner::kMostUtf16Bytes / 2;
  expect(utf16(with_header_of(units), Order::Little, Mark::No), State::Done, Charset::Utf16);
  expect(utf16(with_header_of(units + 1), Order::Little, Mark::No), State::GaveUp, Charset::Utf16);
  expect(utf16(with_header_of(units - 1), Order::Big, Mark::Yes), State::Done);
  expect(utf16(with_header_of(units), Order::Big, Mark::Yes), State::GaveUp);
}

TEST(EnvelopeLimits, NothingIsReadOnceItIsKnownWhatTheMessageIs) {
  EnvelopeScanner scanner(Side::Request);
  const auto text = pywinrm_receive();
  const auto end = text.find(kHeaderEnd) + kHeaderEnd.size();
  EXPECT_EQ(scanner.feed(text.substr(0, end - 1)), State::More);
  EXPECT_EQ(scanner.feed(">"), State::Done);
  EXPECT_EQ(scanner.feed("<<<"), State::Done);
  EXPECT_EQ(scan_whole(receive_response(177 * 1024), Side::Response).state, State::Done);
}

TEST(EnvelopeLimits, ElementsStandWithinEachOther32Deep) {
  // Envelope and Header are two of them.
  expect(with(repeated("<a>", 30) + repeated("</a>", 30)), State::Done);
  expect(with(repeated("<a>", 31) + repeated("</a>", 31)), State::GaveUp);
  expect(with(repeated("<a>", 29) + "<a/>" + repeated("</a>", 29)), State::Done);
  expect(with(repeated("<a>", 30) + "<a/>" + repeated("</a>", 30)), State::GaveUp);
}

TEST(EnvelopeLimits, ThereMayBe32DeclarationsInForce) {
  const auto there = 11U;  // on the root of pywinrm's
  const auto tag = [](std::size_t declarations) {
    std::string text = "<a";
    for (std::size_t i = 0; i < declarations; ++i)
      text += " xmlns:p" + std::to_string(i) + "='x'";
    return text + "/>";
  };
  expect(with(tag(XmlScope::kMostDeclarations - there)), State::Done);
  expect(with(tag(XmlScope::kMostDeclarations - there + 1)), State::GaveUp);
  // Those that are out of force make room.
  expect(with(repeated(tag(XmlScope::kMostDeclarations - there), 5)), State::Done);
}

TEST(EnvelopeLimits, NamesHave96Bytes) {
  const auto name = [](std::size_t size) { return "<" + std::string(size, 'n') + "/>"; };
  expect(with(name(XmlTokens::kMostName)), State::Done);
  expect(with(name(XmlTokens::kMostName + 1)), State::GaveUp);
  const auto attribute = [](std::size_t size) { return "<a " + std::string(size, 'n') + "='x'/>"; };
  expect(with(attribute(XmlTokens::kMostName)), State::Done);
  expect(with(attribute(XmlTokens::kMostName + 1)), State::GaveUp);
}

TEST(EnvelopeLimits, ValuesOfAttributesHave128BytesAndLongerOnesMeanNothing) {
  const auto create = [](std::size_t size) {
    return scan_whole(replaced(psrp_create(), kShellId, std::string(size, 's')), Side::Request);
  };
  EXPECT_EQ(create(XmlTokens::kMostValue).facts.shell, Uuid::of(std::string(XmlTokens::kMostValue, 's')));
  EXPECT_EQ(create(XmlTokens::kMostValue + 1).facts.shell, std::nullopt);
  EXPECT_EQ(create(XmlTokens::kMostValue + 1).state, State::Done);
}

TEST(EnvelopeLimits, ValuesHave192BytesAndLongerOnesMeanNothing) {
  constexpr std::size_t kMost = 192;
  const auto message = [](const std::string& id) {
    const auto text = replaced(pywinrm_receive(), "uuid:" + std::string(kMessageId), id);
    const auto whole = scan_whole(text, Side::Request);
    EXPECT_EQ(described(scan_by_bytes(text, Side::Request)), described(whole));
    EXPECT_EQ(whole.state, State::Done);
    return whole.facts.message;
  };
  EXPECT_EQ(message(std::string(kMost, 'm')), Uuid::of(std::string(kMost, 'm')));
  EXPECT_FALSE(message(std::string(kMost + 1, 'm')));
  EXPECT_EQ(message(std::string(1000, ' ') + "m" + std::string(kMost - 1, ' ')), Uuid::of("m"));
  EXPECT_FALSE(message("m" + std::string(kMost, ' ')));
}

TEST(EnvelopeLimits, AnActionThatIsTooLongIsAnotherAction) {
  const auto uri = "http://x/" + std::string(200, 'a') + "/wsman/1/fault";
  EXPECT_EQ(scan_whole(replaced(pywinrm_receive(), kReceiveUri, uri), Side::Request).facts.action,
            Action::Other);
}

TEST(EnvelopeLimits, TheResourceIsCutAt128Bytes) {
  for (const auto size : {EnvelopeScanner::kMostUri, EnvelopeScanner::kMostUri + 1, std::size_t{500}}) {
    const auto uri = "http://x/" + std::string(size - 9, 'r');
    const auto whole = scan_whole(replaced(pywinrm_receive(), kCmdUri, uri), Side::Request);
    EXPECT_EQ(whole.uri, uri.substr(0, EnvelopeScanner::kMostUri));
    EXPECT_EQ(whole.facts.resource, Resource::Other);
  }
}

TEST(EnvelopeLimits, AScannerCanBeginAnew) {
  EnvelopeScanner scanner(Side::Request, Charset::Utf16);
  scanner.feed(utf16(windows_receive(), Order::Little, Mark::Yes).substr(0, 2345));
  EXPECT_TRUE(scanner.facts().session);
  scanner.restart(Side::Response);
  EXPECT_EQ(scanner.state(), State::More);
  EXPECT_EQ(scanner.facts(), EnvelopeFacts{});
  EXPECT_EQ(scanner.resource_uri(), "");
  EXPECT_EQ(scanner.feed(create_response()), State::Done);
  EXPECT_EQ(scanner.facts(), scan_whole(create_response(), Side::Response).facts);
}

}  // namespace
}  // namespace winrmlb::winrm
