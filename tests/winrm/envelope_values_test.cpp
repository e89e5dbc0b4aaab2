// What the values in an envelope mean: actions and resources by URI, durations.
#include <gtest/gtest.h>

#include "winrm/envelope_support.h"

namespace winrmlb::winrm {
namespace {

using namespace test;
using Side = EnvelopeScanner::Side;

constexpr std::string_view kTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
constexpr std::string_view kEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/";
constexpr std::string_view kShell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/";
constexpr std::string_view kEventing = "http://schemas.xmlsoap.org/ws/2004/08/eventing/";
constexpr std::string_view kWsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman/";
constexpr std::string_view kWsmv = "http://schemas.microsoft.com/wbem/wsman/1/wsman/";

EnvelopeFacts with_action(std::string_view uri) {
  return scan_whole(replaced(pywinrm_receive(), kReceiveUri, uri), Side::Request).facts;
}

TEST(EnvelopeValues, EveryActionIsKnownAndSoIsItsResponse) {
  struct Row {
    std::string_view prefix;
    std::string_view name;
    Action action;
  };
  for (const auto& row : {Row{kTransfer, "Get", Action::Get},
                          Row{kTransfer, "Put", Action::Put},
                          Row{kTransfer, "Create", Action::Create},
                          Row{kTransfer, "Delete", Action::Delete},
                          Row{kShell, "Command", Action::Command},
                          Row{kShell, "Send", Action::Send},
                          Row{kShell, "Receive", Action::Receive},
                          Row{kShell, "Signal", Action::Signal},
                          Row{kShell, "Disconnect", Action::Disconnect},
                          Row{kShell, "Reconnect", Action::Reconnect},
                          Row{kShell, "Connect", Action::Connect},
                          Row{kEnumeration, "Enumerate", Action::Enumerate},
                          Row{kEnumeration, "Pull", Action::Pull},
                          Row{kEnumeration, "Release", Action::Release},
                          Row{kEventing, "Subscribe", Action::Subscribe},
                          Row{kEventing, "Renew", Action::Subscribe},
                          Row{kEventing, "GetStatus", Action::Subscribe},
                          Row{kEventing, "Unsubscribe", Action::Subscribe},
                          Row{kWsman, "Events", Action::Events},
                          Row{kWsman, "Heartbeat", Action::Events},
                          Row{kWsman, "Ack", Action::Events},
                          Row{kWsmv, "End", Action::FullDuplex},
                          Row{kWsmv, "Keepalive", Action::FullDuplex},
                          Row{kWsmv, "Acknowledge", Action::FullDuplex}}) {
    const auto uri = std::string(row.prefix) + std::string(row.name);
    EXPECT_EQ(with_action(uri).action, row.action) << uri;
    EXPECT_FALSE(with_action(uri).is_response) << uri;
    EXPECT_EQ(with_action(uri + "Response").action, row.action) << uri;
    EXPECT_TRUE(with_action(uri + "Response").is_response) << uri;
    EXPECT_EQ(with_action(uri + "s2").action, Action::Other) << uri;
    EXPECT_EQ(with_action("http://example.net/" + std::string(row.name)).action, Action::Other) << uri;
  }
}

TEST(EnvelopeValues, EveryFaultActionIsAFault) {
  for (const auto uri : {"http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
                         "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault",
                         "http://schemas.xmlsoap.org/ws/2004/08/eventing/fault"}) {
    EXPECT_EQ(with_action(uri).action, Action::Fault);
    EXPECT_TRUE(with_action(uri).is_response);
  }
}

TEST(EnvelopeValues, AMethodIsAnotherAction) {
  const auto facts =
      with_action("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_Process/CreateResponse");
  EXPECT_EQ(facts.action, Action::Other);
  EXPECT_TRUE(facts.is_response);
}

TEST(EnvelopeValues, EveryActionHasAName) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < kActions; ++i) {
    const auto name = name_of(static_cast<Action>(i));
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    EXPECT_EQ(std::count(names.begin(), names.end(), name), 0) << name;
    names.push_back(name);
  }
}

TEST(EnvelopeValues, ResourcesAreCmdOtherShellsOrNone) {
  const auto resource = [](std::string_view uri) {
    return scan_whole(replaced(pywinrm_receive(), kCmdUri, uri), Side::Request).facts.resource;
  };
  EXPECT_EQ(resource("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"), Resource::Cmd);
  EXPECT_EQ(resource("HTTP://schemas.microsoft.com/wbem/wsman/1/Windows/Shell/CMD?a=b"), Resource::Cmd);
  EXPECT_EQ(resource("http://schemas.microsoft.com/wbem/wsman/1/windows/shell"), Resource::Shell);
  EXPECT_EQ(resource("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmdx"), Resource::Shell);
  EXPECT_EQ(resource("http://schemas.microsoft.com/powershell/Microsoft.PowerShell"), Resource::Shell);
  EXPECT_EQ(resource("http://schemas.microsoft.com/powershell/a-JEA-name"), Resource::Shell);
  EXPECT_EQ(resource("http://schemas.microsoft.com/wbem/wsman/1/windows/shells"), Resource::Other);
  EXPECT_EQ(resource("http://schemas.microsoft.com/wbem/wsman/1/config"), Resource::Other);
  EXPECT_EQ(resource("http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_Service"), Resource::Other);
  EXPECT_EQ(resource(""), Resource::None);
}

TEST(EnvelopeValues, DurationsAreMilliseconds) {
  const auto ms = [](std::string_view text) {
    return scan_whole(replaced(pywinrm_receive(), "PT20S", text), Side::Request).facts.operation_timeout_ms;
  };
  for (const auto& [text, expected] : {std::pair<std::string_view, std::uint32_t>{"PT20S", 20'000},
                                       {"PT180.000S", 180'000},
                                       {"PT7200.000S", 7'200'000},
                                       {" PT1S\n", 1'000},
                                       {"PT2H", 7'200'000},
                                       {"P1D", 86'400'000},
                                       {"P1DT2H3M4.5S", 93'784'500},
                                       {"PT0S", 0},
                                       {"PT0.0019S", 1},
                                       {"PT1.5S", 1'500},
                                       {"PT1M", 60'000},
                                       {"P1M", 2'592'000'000},
                                       {"P0Y0M0DT0H0M30S", 30'000},
                                       {"P0DT0H0M0S", 0},
                                       {"PT2147483.647S", 2'147'483'647},
                                       {"PT4294967.295S", UINT32_MAX},
                                       {"PT4294967.296S", UINT32_MAX},
                                       {"P1Y", UINT32_MAX},
                                       {"P99999999999999999999999Y", UINT32_MAX},
                                       {"P584942417Y", UINT32_MAX},
                                       {"PT99999999999999999999999H", UINT32_MAX}}) {
    EXPECT_EQ(ms(text), expected) << text;
  }
  for (const auto text :
       {"",       "P",     "PT",    "P1DT",  "20",     "20S",    "PT20",     "PT20s", "-PT20S",
        "+PT20S", "PT-1S", "P20S",  "PT1D",  "PT1S1M", "PT1H1H", "PT1.5M",   "PT.5S", "PT5.S",
        "PT1.5",  "P1W",   "PTT1S", "PT1ST", "PT 1S",  "PT1S x", "P1DT1HT1M"}) {
    EXPECT_FALSE(ms(text)) << text;
  }
}

}  // namespace
}  // namespace winrmlb::winrm
