// What the messages of real clients and servers say of themselves, however they are cut.
#include "winrmlb/winrm/envelope.h"

#include <gtest/gtest.h>

#include "winrm/envelope_support.h"

namespace winrmlb::winrm {
namespace {

using namespace test;
using Side = EnvelopeScanner::Side;
using State = EnvelopeScanner::State;

TEST(Envelope, ReceiveOfEachClientIsUnderstood) {
  for (const auto& [text, timeout] : {std::pair{pywinrm_receive(), 20'000},
                                      {pypsrp_receive(), 20'000},
                                      {winrb_receive(), 60'000},
                                      {masterzen_receive(), 60'000},
                                      {windows_receive(), 180'000}}) {
    const auto [state, facts, uri] = scan_whole(text, Side::Request);
    EXPECT_EQ(state, State::Done) << text;
    EXPECT_EQ(facts.action, Action::Receive);
    EXPECT_FALSE(facts.is_response);
    EXPECT_TRUE(facts.seen_whole_header);
    EXPECT_EQ(facts.message, Uuid::parse(kMessageId));
    EXPECT_EQ(facts.shell, Uuid::parse(kShellId));
    EXPECT_EQ(facts.operation_timeout_ms, timeout);
    const bool is_cmd = text.find(kCmdUri) != std::string::npos;
    EXPECT_EQ(facts.resource, is_cmd ? Resource::Cmd : Resource::Shell);
    EXPECT_EQ(uri, is_cmd ? kCmdUri : kPowerShellUri);
    EXPECT_EQ(facts.session.has_value(), text.find("SessionId") != std::string::npos);
    EXPECT_EQ(facts.fault, 0U);
  }
  const auto windows = scan_whole(windows_receive(), Side::Request).facts;
  EXPECT_EQ(windows.session, Uuid::parse(kSessionId));
  EXPECT_EQ(windows.operation, Uuid::parse(kOperationId));
}

TEST(Envelope, PsrpCreateNamesItsShellInTheBody) {
  const auto [state, facts, uri] = scan_whole(psrp_create(), Side::Request);
  EXPECT_EQ(state, State::Done);
  EXPECT_EQ(facts.action, Action::Create);
  EXPECT_EQ(facts.resource, Resource::Shell);
  EXPECT_EQ(facts.shell, Uuid::parse(kShellId));
}

TEST(Envelope, PullNamesItsContextInTheBody) {
  const auto facts = scan_whole(pull(), Side::Request).facts;
  EXPECT_EQ(facts.action, Action::Pull);
  EXPECT_EQ(facts.enumeration_context, Uuid::parse(kOperationId));
}

TEST(Envelope, IdentifyHasNeitherActionNorResource) {
  const auto [state, facts, uri] = scan_whole(identify(), Side::Request);
  EXPECT_EQ(state, State::Done);
  EXPECT_EQ(facts.action, Action::Identify);
  EXPECT_EQ(facts.resource, Resource::None);
  EXPECT_FALSE(facts.message);
}

TEST(Envelope, CreateResponseTellsTheShellAndItsIdleTimeout) {
  const auto [state, facts, uri] = scan_whole(create_response(), Side::Response);
  EXPECT_EQ(state, State::Done);
  EXPECT_EQ(facts.action, Action::Create);
  EXPECT_TRUE(facts.is_response);
  EXPECT_EQ(facts.shell, Uuid::parse(kShellId));
  EXPECT_EQ(facts.idle_timeout_ms, 7'200'000U);
}

TEST(Envelope, CreateResponseOfWindows7HasTheSelectorOnly) {
  const auto [state, facts, uri] = scan_whole(create_response_of_windows7(), Side::Response);
  EXPECT_EQ(state, State::Done);
  EXPECT_EQ(facts.shell, Uuid::parse(kShellId));
  EXPECT_FALSE(facts.idle_timeout_ms);
}

TEST(Envelope, FaultsTellTheirOutermostCode) {
  for (const auto& [text, code] : {std::pair{fault_response(), 2150858793U},
                                   {nested_fault(), 2150858843U},
                                   {wmi_fault(), 2150859174U}}) {
    const auto [state, facts, uri] = scan_whole(text, Side::Response);
    EXPECT_EQ(state, State::Done);
    EXPECT_EQ(facts.action, Action::Fault);
    EXPECT_TRUE(facts.is_response);
    EXPECT_EQ(facts.fault, code);
  }
}

TEST(Envelope, IsTheSameWholeByteByByteAndCutAnywhere) {
  for (const auto& message : all_messages()) {
    const auto whole = described(scan_whole(message.text, message.side));
    EXPECT_TRUE(whole.starts_with("done")) << message.name << ": " << whole;
    EXPECT_EQ(described(scan_by_bytes(message.text, message.side)), whole) << message.name;
    for (std::size_t cut = 0; cut <= message.text.size(); ++cut)
      ASSERT_EQ(described(scan_cut(message.text, cut, message.side)), whole)
          << message.name << " cut at " << cut;
  }
}

TEST(Envelope, IsTheSameInUtf16) {
  for (const auto& message : all_messages()) {
    const auto whole = described(scan_whole(message.text, message.side));
    for (const auto order : {Order::Little, Order::Big}) {
      for (const auto mark : {Mark::Yes, Mark::No}) {
        for (const auto charset : {Charset::Utf16, Charset::Utf8, Charset::Other}) {
          const auto text = utf16(message.text, order, mark);
          EXPECT_EQ(described(scan_whole(text, message.side, charset)), whole) << message.name;
          EXPECT_EQ(described(scan_by_bytes(text, message.side, charset)), whole) << message.name;
          for (std::size_t cut = 0; cut < 300; ++cut)
            ASSERT_EQ(described(scan_cut(text, cut, message.side, charset)), whole) << message.name << cut;
        }
      }
    }
  }
}

}  // namespace
}  // namespace winrmlb::winrm
