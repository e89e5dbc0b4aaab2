#include "winrmlb/sim/soap.h"

#include <gtest/gtest.h>

#include "winrmlb/sim/faults.h"

namespace winrmlb::sim {
namespace {

using std::chrono::milliseconds;

// The prefixes are deliberately not the usual ones.
const std::string kReceive =
    R"(<?xml version="1.0"?><E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope")"
    R"( xmlns:q="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:v="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd")"
    R"( xmlns="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><E:Header>)"
    R"(<v:OperationTimeout>PT20S</v:OperationTimeout><SessionId E:mustUnderstand="false">uuid:aa-1</SessionId>)"
    R"(<OperationID E:mustUnderstand="true">uuid:bb-2</OperationID>)"
    R"(<v:MaxEnvelopeSize>153600</v:MaxEnvelopeSize><q:MessageID>uuid:0F6C</q:MessageID>)"
    R"(<v:SelectorSet><v:Selector Name="Other">x</v:Selector><v:Selector Name="shellid">{7b1f}</v:Selector></v:SelectorSet>)"
    R"(<v:OptionSet><v:Option Name="WINRS_CODEPAGE">437</v:Option></v:OptionSet>)"
    R"(<v:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</v:ResourceURI>)"
    R"(<q:Action>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive</q:Action>)"
    R"(</E:Header><E:Body/></E:Envelope>)";

void expect_receive(std::string_view bytes) {
  const auto request = parse_request(bytes);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->action, Action::Receive);
  EXPECT_EQ(request->shell_id, "7B1F");
  EXPECT_EQ(request->session_id, "AA-1");
  EXPECT_EQ(request->operation_id, "BB-2");
  EXPECT_TRUE(request->retransmission);
  EXPECT_EQ(request->message_id, "uuid:0F6C");
  EXPECT_EQ(request->operation_timeout, milliseconds(20'000));
  EXPECT_EQ(request->max_envelope_bytes, 153'600U);
  EXPECT_EQ(request->options.at("WINRS_CODEPAGE"), "437");
}

TEST(Soap, ElementsAreFoundByNamespaceNotByPrefix) { expect_receive(kReceive); }

TEST(Soap, Utf16IsReadInEitherOrderWithOrWithoutMark) {
  const std::string little = utf16le_from_utf8(kReceive);
  expect_receive(little);
  expect_receive(std::string_view(little).substr(2));
  std::string big = little;
  for (std::size_t i = 0; i + 1 < big.size(); i += 2)
    std::swap(big[i], big[i + 1]);
  expect_receive(big);
  expect_receive(std::string_view(big).substr(2));
}

TEST(Soap, EnvelopesThatAreCutAreRefused) {
  for (std::size_t length = 0; length < kReceive.size(); ++length) {
    EXPECT_FALSE(parse_request(std::string_view(kReceive).substr(0, length))) << length;
  }
}

TEST(Soap, WhatIsNoRequestIsRefused) {
  EXPECT_FALSE(parse_request("<a/>"));
  EXPECT_FALSE(parse_request(
      R"(<E:Envelope xmlns:E="http://schemas.xmlsoap.org/soap/envelope/"><E:Body/></E:Envelope>)"));
  EXPECT_FALSE(parse_request(
      R"(<E:Envelope xmlns:E="http://www.w3.org/2003/05/soap-envelope"><E:Body/></E:Envelope>)"));
}

TEST(Soap, IdentifyNeedsNoHeader) {
  const auto request = parse_request(
      R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
      R"(xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Body><i:Identify/></s:Body></s:Envelope>)");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->action, Action::Identify);
}

TEST(Soap, DurationsAreReadStrictly) {
  EXPECT_EQ(parse_duration("PT20S"), milliseconds(20'000));
  EXPECT_EQ(parse_duration("PT180.000S"), milliseconds(180'000));
  EXPECT_EQ(parse_duration("PT0.25S"), milliseconds(250));
  EXPECT_EQ(parse_duration("P1DT1H1M1S"), milliseconds(90'061'000));
  for (const auto* wrong :
       {"", "20", "PT", "PT20", "P20S", "PTS", "PT-1S", "PT1.S", "PT1.2.3S", "PT1.5M", "PTT1S", "P1Y"}) {
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
  }
  EXPECT_EQ(duration_text(milliseconds(7'200'005)), "PT7200.005S");
}

TEST(Soap, Base64GoesBothWays) {
  for (std::size_t length = 0; length < 70; ++length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i)
      bytes += static_cast<char>(i * 37);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
  EXPECT_EQ(base64_encode("ab"), "YWI=");
  EXPECT_EQ(base64_decode("Y W\r\nI"), "ab");
  EXPECT_FALSE(base64_decode("YWI*"));
  EXPECT_FALSE(base64_decode("Y=WI"));
  EXPECT_FALSE(base64_decode("Y"));
}

TEST(Soap, Utf16GoesBothWays) {
  const std::string text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
  EXPECT_EQ(utf8_from_utf16le(std::string_view(utf16le_from_utf8(text)).substr(2)), text);
  EXPECT_EQ(utf8_from_utf16le(std::string_view("\x00\xd8", 2)), "\xef\xbf\xbd");
}

TEST(Faults, TheEnvelopeNamesCodeSubcodeAndTheMessageItAnswers) {
  const auto envelope = fault_envelope(Fault::ShellNotFound, "uuid:1&2", "ps1");
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(envelope.c_str()));
  const auto fault =
      document.find_node([](const auto& node) { return local_name(node.name()) == "WSManFault"; });
  EXPECT_STREQ(fault.attribute("Code").value(), "2150858843");
  EXPECT_STREQ(fault.attribute("Machine").value(), "ps1");
  const auto relates =
      document.find_node([](const auto& node) { return local_name(node.name()) == "RelatesTo"; });
  EXPECT_STREQ(relates.text().get(), "uuid:1&2");
}

TEST(Faults, OnlyTheTimeoutSaysTheWordThatMakesAClientPollOn) {
  for (int value = 0; value <= static_cast<int>(Fault::SchemaViolation); ++value) {
    const auto fault = static_cast<Fault>(value);
    const bool says = fault_envelope(fault, "", "ps1").find("OperationTimeout") != std::string::npos;
    EXPECT_EQ(says, fault == Fault::TimedOut) << value;
  }
}

TEST(Faults, TheOperationQuotaComesAsWmiError) {
  const auto envelope = fault_envelope(Fault::QuotaOperations, "", "ps1");
  EXPECT_NE(envelope.find("error_Code>2150859174<"), std::string::npos);
  EXPECT_EQ(envelope.find("WSManFault"), std::string::npos);
}

}  // namespace
}  // namespace winrmlb::sim
