#include "winrmlb/winrm/fault.h"

#include <set>

#include <gtest/gtest.h>
#include <pugixml.hpp>

namespace winrmlb::winrm {
namespace {

// Every code that has a row. The enum's values lie in a few short ranges.
std::vector<const FaultRow*> all_rows() {
  struct Range {
    std::uint32_t first;
    std::uint32_t last;
  };
  std::vector<const FaultRow*> rows;
  for (const auto& [first, last] :
       {Range{0, 2000}, {0x800703f0, 0x80070400}, {0x80338000, 0x80338300}, {0x80540bc0, 0x80540bd0}}) {
    for (auto code = first; code <= last; ++code) {
      if (const auto* row = find_fault(code)) rows.push_back(row);
    }
  }
  return rows;
}

struct Parsed {
  pugi::xml_document document;
  std::string text(const char* path) const { return document.select_node(path).node().text().get(); }
  std::string attribute(const char* path) const { return document.select_node(path).attribute().value(); }
};

Parsed parse(const std::string& envelope) {
  Parsed parsed;
  const auto outcome = parsed.document.load_buffer(envelope.data(), envelope.size(), pugi::parse_full);
  EXPECT_TRUE(outcome) << outcome.description() << " at " << outcome.offset << ": " << envelope;
  return parsed;
}

constexpr const char* kMessageId = "uuid:11111111-2222-8333-8444-555555555555";

TEST(Fault, SaysWhatAClientLooksFor) {
  const auto fault = parse(make_fault({.code = FaultCode::UnexpectedSelectors,
                                       .text = "The server that held this shell is no longer available.",
                                       .relates_to = "uuid:0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11",
                                       .message_id = kMessageId}));
  const std::string header = "/s:Envelope/s:Header";
  EXPECT_EQ(fault.text((header + "/a:Action").c_str()), "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault");
  EXPECT_EQ(fault.text((header + "/a:MessageID").c_str()), kMessageId);
  EXPECT_EQ(fault.text((header + "/a:RelatesTo").c_str()), "uuid:0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11");
  EXPECT_EQ(fault.text((header + "/a:To").c_str()),
            "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous");
  const std::string body = "/s:Envelope/s:Body/s:Fault";
  EXPECT_EQ(fault.text((body + "/s:Code/s:Value").c_str()), "s:Sender");
  EXPECT_EQ(fault.text((body + "/s:Code/s:Subcode/s:Value").c_str()), "w:InvalidSelectors");
  EXPECT_EQ(fault.text((body + "/s:Reason/s:Text").c_str()),
            "The server that held this shell is no longer available.");
  EXPECT_EQ(fault.text((body + "/s:Detail/w:FaultDetail").c_str()),
            "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors");
  EXPECT_EQ(fault.attribute((body + "/s:Detail/f:WSManFault/@Code").c_str()), "2150858843");
  EXPECT_EQ(fault.attribute((body + "/s:Detail/f:WSManFault/@Machine").c_str()), "winrm-lb");
  EXPECT_EQ(fault.text((body + "/s:Detail/f:WSManFault/f:Message").c_str()),
            "The server that held this shell is no longer available.");
}

TEST(Fault, DeclaresThePrefixesThatItsCodesUse) {
  const auto fault = parse(
      make_fault({.code = FaultCode::EndpointUnavailable, .text = "x", .relates_to = "", .message_id = ""}));
  const auto envelope = fault.document.child("s:Envelope");
  EXPECT_STREQ(envelope.attribute("xmlns:s").value(), "http://www.w3.org/2003/05/soap-envelope");
  EXPECT_STREQ(envelope.attribute("xmlns:a").value(), "http://schemas.xmlsoap.org/ws/2004/08/addressing");
  EXPECT_STREQ(envelope.attribute("xmlns:w").value(), "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd");
  for (const auto* row : all_rows()) {
    EXPECT_TRUE(row->subcode.empty() || row->subcode.starts_with("a:") || row->subcode.starts_with("w:"))
        << row->name;
  }
}

TEST(Fault, OursSayTheCodesThatClientsActOn) {
  struct Case {
    FaultCode code;
    const char* number;
    const char* side;
    const char* subcode;
  };
  for (const auto& [code, number, side, subcode] : {
           Case{FaultCode::EndpointUnavailable, "2150858772", "s:Receiver", "a:EndpointUnavailable"},
           {FaultCode::DestinationUnreachable, "2150858770", "s:Receiver", "a:DestinationUnreachable"},
           {FaultCode::NetworkTimedOut, "2150859046", "s:Receiver", "w:TimedOut"},
           {FaultCode::UnexpectedSelectors, "2150858843", "s:Sender", "w:InvalidSelectors"},
           {FaultCode::HttpBadRequest, "2150859121", "s:Sender", "w:InvalidParameter"},
       }) {
    const auto fault =
        parse(make_fault({.code = code, .text = "x", .relates_to = "", .message_id = kMessageId}));
    EXPECT_EQ(fault.attribute("//f:WSManFault/@Code"), number);
    EXPECT_EQ(fault.text("//s:Code/s:Value"), side) << number;
    EXPECT_EQ(fault.text("//s:Subcode/s:Value"), subcode) << number;
  }
}

TEST(Fault, EveryCodeMakesAWellFormedMessage) {
  ASSERT_GT(all_rows().size(), 40U);
  for (const auto* row : all_rows()) {
    const auto fault = parse(
        make_fault({.code = row->code, .text = "A sentence.", .relates_to = "", .message_id = kMessageId}));
    EXPECT_EQ(fault.attribute("//f:WSManFault/@Code"), std::to_string(static_cast<std::uint32_t>(row->code)));
    EXPECT_EQ(fault.text("//s:Subcode/s:Value"), row->subcode) << row->name;
  }
}

TEST(Fault, NoTextOfOursHasTheWordThatMakesAClientAskForEver) {
  for (const auto* row : all_rows()) {
    const auto fault =
        make_fault({.code = row->code, .text = "", .relates_to = "", .message_id = kMessageId});
    EXPECT_EQ(fault.find("OperationTimeout"), std::string::npos) << row->name;
    EXPECT_EQ(row->name.find("OperationTimeout"), std::string_view::npos);
  }
}

TEST(Fault, TextFromOutsideStaysText) {
  const std::string text = "</f:Message><evil a='1'>&\"\x01\xff";
  const auto fault = parse(
      make_fault({.code = FaultCode::HttpBadRequest, .text = text, .relates_to = text, .message_id = text}));
  const std::string shown = "</f:Message><evil a='1'>&\"??";
  EXPECT_EQ(fault.text("//s:Text"), shown);
  EXPECT_EQ(fault.text("//f:Message"), shown);
  EXPECT_EQ(fault.text("//a:RelatesTo"), shown);
  EXPECT_EQ(fault.text("//a:MessageID"), shown);
}

TEST(Fault, WhatIsNotKnownIsLeftOut) {
  const auto fault = make_fault(
      {.code = FaultCode::OperationAborted, .text = "x", .relates_to = "", .message_id = kMessageId});
  EXPECT_EQ(fault.find("RelatesTo"), std::string::npos);
  EXPECT_EQ(fault.find("Subcode"), std::string::npos);
  EXPECT_EQ(fault.find("FaultDetail"), std::string::npos);
}

TEST(FaultTable, FindsByTheNumberOnTheWire) {
  ASSERT_NE(find_fault(2150858843), nullptr);
  EXPECT_EQ(find_fault(2150858843)->code, FaultCode::UnexpectedSelectors);
  EXPECT_EQ(find_fault(2150858844), nullptr);
  EXPECT_EQ(find_fault(0), nullptr);
  EXPECT_EQ(find_fault(UINT32_MAX), nullptr);
  EXPECT_EQ(name_of(FaultCode::QuotaMaxShells), "quota_max_shells");
}

TEST(FaultTable, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (const auto* row : all_rows())
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
}

TEST(FaultClass, TellsHealthyFromLostAndFull) {
  struct Case {
    std::uint32_t code;
    FaultClass fault_class;
  };
  for (const auto& [code, fault_class] : {
           Case{2150858793, FaultClass::PollTimeout},
           {2150858843, FaultClass::ShellLost},
           {2150858813, FaultClass::ShellLost},
           {2150859258, FaultClass::ShellLost},
           {2150859173, FaultClass::Quota},
           {2150859174, FaultClass::Quota},
           {2150859242, FaultClass::Quota},
           {2150859047, FaultClass::Busy},
           {2150859213, FaultClass::Busy},
           {5, FaultClass::AccessDenied},
           {2150859180, FaultClass::ServiceDisabled},
           {2150859229, FaultClass::ServiceDisabled},
           {2150859235, FaultClass::ServiceDisabled},
           {2150858770, FaultClass::Transport},
           {2150859046, FaultClass::Transport},
           {2150858824, FaultClass::Other},
           {995, FaultClass::Other},
           {0, FaultClass::Other},
           {1, FaultClass::Other},
           {UINT32_MAX, FaultClass::Other},
       }) {
    EXPECT_EQ(class_of(code), fault_class) << code;
    EXPECT_EQ(is_quota(code), fault_class == FaultClass::Quota) << code;
    EXPECT_EQ(is_service_disabled(code), fault_class == FaultClass::ServiceDisabled) << code;
  }
}

TEST(FaultClass, AFullServerIsOneWithoutRoomForShells) {
  for (const std::uint32_t code : {2150859173U, 2150859176U, 2150859179U})
    EXPECT_TRUE(is_full(code)) << code;
  for (const std::uint32_t code : {2150859174U, 2150859175U, 2150859241U, 2150858793U, 0U})
    EXPECT_FALSE(is_full(code)) << code;
}

TEST(FaultClass, QuotasAreThoseThatAreNamedSo) {
  for (const auto* row : all_rows())
    EXPECT_EQ(is_quota(static_cast<std::uint32_t>(row->code)), row->name.starts_with("quota_")) << row->name;
}

TEST(FaultClass, NamesAreDistinct) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kFaultClasses; ++i)
    EXPECT_TRUE(names.insert(name_of(static_cast<FaultClass>(i))).second);
}

TEST(MessageId, ShowsBothNumbersInTheFormOfAUuid) {
  EXPECT_EQ(message_id(0, 0), "uuid:00000000-0000-8000-8000-000000000000");
  EXPECT_EQ(message_id(0x0123456789abcdef, 0x0123456789abcdef), "uuid:12345678-9ABC-8DEF-8123-456789ABCDEF");
  EXPECT_EQ(message_id(UINT64_MAX, UINT64_MAX), "uuid:FFFFFFFF-FFFF-8FFF-BFFF-FFFFFFFFFFFF");
}

TEST(MessageId, EveryBitThatIsPromisedCounts) {
  std::set<std::string> ids{message_id(0, 0)};
  for (int bit = 0; bit < 60; ++bit)
    EXPECT_TRUE(ids.insert(message_id(std::uint64_t{1} << bit, 0)).second) << bit;
  for (int bit = 0; bit < 62; ++bit)
    EXPECT_TRUE(ids.insert(message_id(0, std::uint64_t{1} << bit)).second) << bit;
}

}  // namespace
}  // namespace winrmlb::winrm
