#include "winrmlb/winrm/envelope_memory.h"

#include <random>

#include "winrm/envelope_support.h"

namespace winrmlb::winrm {
namespace {

using namespace test;  // NOLINT: the support of these tests
using Side = EnvelopeScanner::Side;

std::string facts_of(EnvelopeMemory& memory, const std::string& text, Charset charset = Charset::Utf8) {
  EnvelopeScanner scanner(Side::Request);
  memory.begin(scanner, charset, text);
  return described(scanner.facts()) + std::to_string(static_cast<int>(scanner.state()));
}

std::string facts_of(const std::string& text, Charset charset = Charset::Utf8) {
  EnvelopeScanner scanner(Side::Request, charset);
  scanner.feed(text);
  return described(scanner.facts()) + std::to_string(static_cast<int>(scanner.state()));
}

std::string with_message_id(std::string text, int number) {
  auto digits = std::to_string(number);
  digits.insert(0, 8 - digits.size(), '0');
  const auto at = text.find("uuid:");
  return text.replace(at + 5, 8, digits);
}

// A message whose OperationID comes first.
std::string with_operation_before_message(const std::string& operation, const std::string& message) {
  auto text = pywinrm_receive();
  const auto header = text.find("Header>") + 7;
  text.insert(
      header,
      "<p:OperationID xmlns:p=\"http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd\">uuid:" + operation +
          "</p:OperationID><x:MessageID xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\">uuid:" +
          message + "</x:MessageID>");
  return text;
}

TEST(EnvelopeMemory, FindsWhatReadingAllOfItFinds) {
  EnvelopeMemory memory;
  for (int i = 0; i < 100; ++i) {
    const auto text = with_message_id(pywinrm_receive(), i);
    EXPECT_EQ(facts_of(memory, text), facts_of(text));
  }
  EXPECT_GT(memory.kept(), pywinrm_receive().find("ShellId")) << "all but the ids is known";
}

TEST(EnvelopeMemory, AMessageIdThatIsNoUuidOrOfAnotherLengthIsRead) {
  EnvelopeMemory memory;
  const auto usual = pywinrm_receive();
  const auto at = usual.find("uuid:");
  const auto uuid = usual.substr(at + 5, 36);
  for (const auto& id :
       {std::string(), std::string("x"), uuid, "uuid:" + uuid + " ", "{" + uuid + "}", "urn:uuid:" + uuid,
        "uuid:" + uuid + "<!-- x -->", "<![CDATA[" + uuid + "]]>", "uuid:&#65;" + uuid.substr(1),
        "uuid:" + uuid.substr(0, 35) + "<", "uuid:" + uuid.substr(0, 35) + "x", "x>uuid:" + uuid}) {
    auto text = usual;
    text.replace(at, 41, id);
    for (int i = 0; i < 50; ++i)  // of these alone it may learn other things
      ASSERT_EQ(facts_of(memory, text), facts_of(text)) << text;
    for (int i = 0; i < 50; ++i)
      facts_of(memory, with_message_id(usual, i));
    ASSERT_EQ(facts_of(memory, text), facts_of(text)) << text;
  }
}

// Messages that differ in another id teach nothing of theirs.
TEST(EnvelopeMemory, OnlyTheMessageIdIsTakenForIt) {
  EnvelopeMemory memory;
  const std::string id = "11111111-2222-4333-8444-555555555555";
  for (int i = 0; i < 100; ++i) {
    auto text = with_operation_before_message(i % 2 == 0 ? id : "99999999-2222-4333-8444-555555555555", id);
    ASSERT_EQ(facts_of(memory, text), facts_of(text)) << text;
  }
}

TEST(EnvelopeMemory, ClientsOfSeveralKindsAreNotMixedUp) {
  EnvelopeMemory memory;
  std::mt19937 random(1);
  const std::string kinds[] = {pywinrm_receive(), pypsrp_receive(), windows_receive()};
  for (int i = 0; i < 1000; ++i) {
    const auto& kind = kinds[random() % 3];
    const auto charset = &kind == &kinds[2] ? Charset::Utf16 : Charset::Utf8;
    const auto text = charset == Charset::Utf8 ? with_message_id(kind, i) : kind;
    ASSERT_EQ(facts_of(memory, text, charset), facts_of(text, charset)) << i;
  }
}

TEST(EnvelopeMemory, TheSameBytesInAnotherCharsetAreReadAnew) {
  EnvelopeMemory memory;
  for (int i = 0; i < 200; ++i) {
    const auto charset = i / 50 % 2 == 0 ? Charset::Utf8 : Charset::Utf16;
    const auto text = with_message_id(pywinrm_receive(), i);
    ASSERT_EQ(facts_of(memory, text, charset), facts_of(text, charset)) << i;
  }
}

TEST(EnvelopeMemory, WhateverIsChangedBehindTheBeginningIsSeen) {
  EnvelopeMemory memory;
  std::mt19937 random(2);
  for (int i = 0; i < 50; ++i)
    facts_of(memory, with_message_id(pywinrm_receive(), i));
  for (int i = 0; i < 5000; ++i) {
    auto text = with_message_id(pywinrm_receive(), i);
    text[random() % text.size()] = static_cast<char>(random());
    if (i % 7 == 0) text.resize(random() % text.size());
    ASSERT_EQ(facts_of(memory, text), facts_of(text)) << text;
  }
}

TEST(EnvelopeMemory, AMessageThatEndsWithinTheBeginningIsRead) {
  EnvelopeMemory memory;
  for (int i = 0; i < 50; ++i)
    facts_of(memory, with_message_id(pywinrm_receive(), i));
  const auto text = with_message_id(pywinrm_receive(), 0);
  for (std::size_t cut = 0; cut < text.size(); ++cut)
    ASSERT_EQ(facts_of(memory, text.substr(0, cut)), facts_of(text.substr(0, cut))) << cut;
}

}  // namespace
}  // namespace winrmlb::winrm
