// What looks like a fact and is none, what is one though it does not look so, and what is no message at all.
#include <gtest/gtest.h>

#include "winrm/envelope_support.h"

namespace winrmlb::winrm {
namespace {

using namespace test;
using Side = EnvelopeScanner::Side;
using State = EnvelopeScanner::State;

constexpr std::string_view kSelector =
    R"(<w:Selector Name="ShellId">7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001</w:Selector>)";
constexpr std::string_view kOther = "00000000-0000-4000-8000-000000000009";

// A Receive of pywinrm with something else in the place of its Selector.
std::string with_selector(std::string_view selector) {
  return replaced(pywinrm_receive(), kSelector, selector);
}

EnvelopeFacts facts_of(const std::string& text, Side side = Side::Request) {
  const auto whole = scan_whole(text, side);
  EXPECT_EQ(described(scan_by_bytes(text, side)), described(whole)) << text;
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(described(scan_cut(text, cut, side)), described(whole)) << text << " cut at " << cut;
  EXPECT_EQ(whole.state, State::Done) << text;
  return whole.facts;
}

TEST(EnvelopeLookalikes, AreNoSelectors) {
  const std::string selector(kSelector);
  for (const auto& text : {
           "<!--" + selector + "-->",
           "<?pi " + selector + "?>",
           "<![CDATA[" + selector + "]]>",
           "<w:Note what='" + replaced(replaced(selector, "<", "&lt;"), "'", "") + "'/>",
           "<w:Wrapper>" + selector + "</w:Wrapper>",
           "<w:Selector Name='Other'>" + selector + "</w:Selector>",
           "<w:Selector Name='Other'><w:SelectorSet>" + selector + "</w:SelectorSet></w:Selector>",
           replaced(selector, "w:", "a:"),
           replaced(selector, "w:", "undeclared:"),
           replaced(selector, "w:", ""),
           replaced(selector, "<w:Selector", "<w:Selector xmlns:w='urn:x'"),
           replaced(selector, "w:Selector", "w:selector"),
           replaced(selector, "Name=", "w:Name="),
           replaced(selector, "Name=", "name="),
           replaced(selector, "\"ShellId\"", "\"shellid\""),
           replaced(selector, kShellId, ""),
           replaced(selector, kShellId, " \n "),
           replaced(selector, kShellId, "<!-- x -->"),
           replaced(selector, kShellId, std::string(kShellId) + "<a/>"),
       }) {
    EXPECT_FALSE(facts_of(with_selector(text)).shell) << text;
  }
}

TEST(EnvelopeLookalikes, HideNoSelector) {
  const std::string selector(kSelector);
  const std::string id(kShellId);
  for (const auto& text : {
           "<!-- > --- <w:SelectorSet> -->" + selector,
           "<?pi > ? ?>" + selector,
           "<![CDATA[ ]] > ]>]]>" + selector,
           "<w:Selector Name='Other'>x</w:Selector>" + selector,
           "<w:Selector Name='>' Other=\"ShellId\"/>" + selector,
           replaced(selector, "<w:Selector", "<w:Selector a='>' b=\"/>\" c='\"'"),
           replaced(selector, "\"ShellId\"", "'ShellId'"),
           replaced(selector, "=\"ShellId\"", " \n=\t' ShellId '"),
           replaced(selector, "ShellId", "Shell&#73;d"),
           replaced(selector, "ShellId", "Sh&#x65;ll&#x049;d"),
           replaced(selector, "</w:Selector>", "</w:Selector \r\n>"),
           replaced(selector, id, "\r\n\t " + id + " \n"),
           replaced(selector, id, "{" + id + "}"),
           replaced(selector, id, "uuid:" + id),
           replaced(selector, id, "7b1f3d60-2a5c-4e7e-8c0d-55e1a9d0c001"),
           replaced(selector, id, "<![CDATA[" + id + "]]>"),
           replaced(selector, id, "7B1F3D60<![CDATA[-2A5C-4E7E]]><!-- - -->-8C0D-<?x?>55E1A9D0C001"),
           replaced(selector, id, "&#55;B1F3D60&#x2d;2A5C-4E7E-8C0D-55E1A9D0C00&#x0031;"),
           replaced(replaced(selector, "w:", "q:"), "<q:Selector",
                    "<q:Selector xmlns:q='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'"),
           replaced(replaced(selector, "w:", ""), "<Selector",
                    "<Selector xmlns='http://schemas.dmtf.org/wbem/wsman/1/wsman&#46;xsd'"),
           "<w:X xmlns:w='urn:x' xmlns='urn:y'/><w:X xmlns:w='urn:x'></w:X>" + selector,
       }) {
    EXPECT_EQ(facts_of(with_selector(text)).shell, Uuid::parse(kShellId)) << text;
  }
}

TEST(EnvelopeLookalikes, IdsThatAreNoUuidsAreToldApartByTheirText) {
  const auto id = [](std::string_view text) {
    return facts_of(with_selector(replaced(std::string(kSelector), kShellId, text))).shell;
  };
  EXPECT_EQ(id("shell-1"), Uuid::of("SHELL-1"));
  EXPECT_NE(id("shell-1"), id("shell-2"));
  EXPECT_EQ(id("a &amp; b&lt;&gt;&quot;&apos;&#xe4;&#x20AC;&#x1F600;"),
            Uuid::of("a & b<>\"'\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"));
}

TEST(EnvelopeLookalikes, WhatStandsTwiceCountsTheFirstTime) {
  const auto twice = std::string(kSelector) + replaced(std::string(kSelector), kShellId, kOther);
  EXPECT_EQ(facts_of(with_selector(twice)).shell, Uuid::parse(kShellId));
  auto text =
      replaced(pywinrm_receive(), "</env:Header>",
               "<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete</a:Action></env:Header>");
  EXPECT_EQ(facts_of(text).action, Action::Receive);
}

TEST(EnvelopeLookalikes, OnlyTheFirstHeaderBeforeTheBodyCounts) {
  const std::string soap =
      "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' "
      "xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing'>";
  const std::string header = "<s:Header><a:MessageID>a</a:MessageID></s:Header>";
  EXPECT_TRUE(facts_of(soap + header + "<s:Body/></s:Envelope>").message);
  EXPECT_FALSE(facts_of(soap + "<s:Header/>" + header + "<s:Body/></s:Envelope>").message);
  const auto without = facts_of(soap + "<s:Body/>" + header + "</s:Envelope>");
  EXPECT_FALSE(without.message);
  EXPECT_TRUE(without.seen_whole_header);
  EXPECT_FALSE(facts_of(soap + "<s:Other>" + header + "</s:Other><s:Body/></s:Envelope>").message);
  EXPECT_TRUE(facts_of(soap + "</s:Envelope>").action == Action::None);
}

TEST(EnvelopeLookalikes, TheBodyOfARequestNamesAShellInACreateOnly) {
  const auto create = psrp_create();
  EXPECT_FALSE(facts_of(replaced(create, "transfer/Create", "transfer/Put")).shell);
  EXPECT_FALSE(facts_of(replaced(create, " ShellId=", " Other=")).shell);
  EXPECT_FALSE(facts_of(replaced(create, "<rsp:Shell xmlns:rsp=\"", "<rsp:Shell xmlns:rsp=\"x")).shell);
  EXPECT_FALSE(facts_of(replaced(create, " ShellId=", " rsp:ShellId=")).shell);
  EXPECT_FALSE(
      facts_of(replaced(replaced(create, "<s:Body>", "<s:Body><x>"), "</s:Body>", "</x></s:Body>")).shell);
  EXPECT_EQ(facts_of(replaced(create, "<s:Body>", "<s:Body><x/>")).shell, Uuid::parse(kShellId));
  // The filter of an Enumerate of a shell's commands.
  auto enumerate = replaced(pull(), "enumeration/Pull", "enumeration/Enumerate");
  enumerate = replaced(enumerate, "<n:EnumerationContext>",
                       "<w:Filter><w:SelectorSet>" + std::string(kSelector) +
                           "</w:SelectorSet></w:Filter><n:EnumerationContext>");
  const auto facts = facts_of(enumerate);
  EXPECT_EQ(facts.action, Action::Enumerate);
  EXPECT_FALSE(facts.shell);
  EXPECT_FALSE(facts.enumeration_context);
}

TEST(EnvelopeLookalikes, OfAResponseOnlyTheShellItMadeCounts) {
  auto text = create_response();
  EXPECT_FALSE(
      facts_of(replaced(replaced(text, "x:ResourceCreated", "x:Other"), "rsp:ShellId>", "rsp:Other>"),
               Side::Response)
          .shell);
  // As Enumerate lists shells: not one of them is meant.
  text = replaced(
      replaced(
          enumerate_response(), "<n:EnumerationContext>",
          "<w:Items><rsp:Shell><rsp:ShellId>x</rsp:ShellId></rsp:Shell></w:Items><n:EnumerationContext>"),
      "enumeration/Enumerate", "enumeration/Pull");
  const auto facts = facts_of(text, Side::Response);
  EXPECT_EQ(facts.action, Action::Pull);
  EXPECT_FALSE(facts.shell);
  EXPECT_TRUE(facts.enumeration_context);
}

TEST(EnvelopeLookalikes, ACodeWithinTheMessageOfAFaultIsNotIts) {
  auto text = replaced(nested_fault(), "Code=\"2150858843\" ", "");
  EXPECT_EQ(facts_of(text, Side::Response).fault, 0U);
  EXPECT_EQ(facts_of(replaced(nested_fault(), "s:Detail", "s:Other"), Side::Response).fault, 0U);
  EXPECT_EQ(facts_of(replaced(fault_response(), "2150858793", "-2144108503"), Side::Response).fault, 0U);
  EXPECT_EQ(facts_of(replaced(fault_response(), "2150858793", " 5 "), Side::Response).fault, 5U);
  EXPECT_EQ(facts_of(replaced(fault_response(), "2150858793", "4294967295"), Side::Response).fault,
            4294967295U);
  EXPECT_EQ(facts_of(replaced(fault_response(), "2150858793", "4294967296"), Side::Response).fault, 0U);
}

TEST(EnvelopeLookalikes, AWsmanFaultGoesBeforeAWmiErrorInAnyOrder) {
  const std::string wsman =
      "<f:WSManFault xmlns:f='http://schemas.microsoft.com/wbem/wsman/1/wsmanfault' Code='7'/>";
  EXPECT_EQ(facts_of(replaced(wmi_fault(), "<s:Detail>", "<s:Detail>" + wsman), Side::Response).fault, 7U);
  EXPECT_EQ(facts_of(replaced(wmi_fault(), "</s:Detail>", wsman + "</s:Detail>"), Side::Response).fault, 7U);
  EXPECT_EQ(facts_of(replaced(wmi_fault(), "</s:Detail>", replaced(wsman, "Code='7'", "") + "</s:Detail>"),
                     Side::Response)
                .fault,
            2150859174U);
}

TEST(EnvelopeLookalikes, AFaultWithoutAnActionIsOneAllTheSame) {
  const auto text = replaced(fault_response(), "a:Action", "a:Other");
  const auto facts = facts_of(text, Side::Response);
  EXPECT_EQ(facts.action, Action::Fault);
  EXPECT_TRUE(facts.is_response);
  EXPECT_EQ(facts.fault, 2150858793U);
}

TEST(EnvelopeLookalikes, WhatIsNoMessageIsGivenUpWithWhatWasSeenBefore) {
  const auto good = pywinrm_receive();
  for (const auto& text : {
           std::string("not XML"),
           std::string("{}"),
           std::string("<html><body/></html>"),
           std::string("<>"),
           replaced(good, "<env:Header>", "<env:Header><a"),
           replaced(good, "</env:Header>", "</env:Heade>"),
           replaced(good, "http://www.w3.org/2003/05/soap-envelope",
                    "http://schemas.xmlsoap.org/soap/envelope/"),
           "<!DOCTYPE env:Envelope>" + good,
           "<!DOCTYPE x [<!ENTITY y 'z'>]>" + good,
           replaced(good, "PT20S", "&unknown;"),
           replaced(good, "PT20S", "&#0;"),
           replaced(good, "PT20S", "&#xD800;"),
           replaced(good, "PT20S", "&#x110000;"),
           replaced(good, "PT20S", "&#;"),
           replaced(good, "PT20S", "&;"),
           replaced(good, "PT20S", "a & b"),
           replaced(good, "PT20S", "<!ELEMENT a>"),
           replaced(good, "PT20S", "<!-x-->"),
           replaced(good, "PT20S", "<a b='<'/>"),
           replaced(good, "PT20S", "<a b='1'c='2'/>"),
           replaced(good, "PT20S", "<a b=1/>"),
           replaced(good, "PT20S", "<a b/>"),
           replaced(good, "PT20S", "<a / >"),
           replaced(good, "PT20S", "</a>"),
           "x" + good,
           "<![CDATA[x]]>" + good,
       }) {
    const auto whole = scan_whole(text, Side::Request);
    EXPECT_EQ(whole.state, State::GaveUp) << text;
    EXPECT_EQ(described(scan_by_bytes(text, Side::Request)), described(whole)) << text;
    EXPECT_FALSE(whole.facts.seen_whole_header) << text;
  }
  EXPECT_TRUE(scan_whole(replaced(good, "PT20S", "&unknown;"), Side::Request).facts.message);
}

TEST(EnvelopeLookalikes, CutShortAMessageHasNoFactThatIsNotInTheWhole) {
  const auto part_of = [](const auto& part, const auto& whole) { return !part || part == whole; };
  for (const auto& message : all_messages()) {
    const auto whole = scan_whole(message.text, message.side);
    for (std::size_t size = 0; size < message.text.size(); ++size) {
      const auto [state, facts, uri] = scan_whole(message.text.substr(0, size), message.side);
      ASSERT_NE(state, State::GaveUp) << message.name << size;
      EXPECT_TRUE(facts.action == Action::None || facts.action == whole.facts.action);
      EXPECT_TRUE(facts.resource == Resource::None || facts.resource == whole.facts.resource);
      EXPECT_TRUE(part_of(facts.message, whole.facts.message));
      EXPECT_TRUE(part_of(facts.shell, whole.facts.shell));
      EXPECT_TRUE(part_of(facts.session, whole.facts.session));
      EXPECT_TRUE(part_of(facts.operation, whole.facts.operation));
      EXPECT_TRUE(part_of(facts.enumeration_context, whole.facts.enumeration_context));
      EXPECT_TRUE(part_of(facts.operation_timeout_ms, whole.facts.operation_timeout_ms));
      EXPECT_TRUE(part_of(facts.idle_timeout_ms, whole.facts.idle_timeout_ms));
      EXPECT_TRUE(facts.fault == 0 || facts.fault == whole.facts.fault);
      EXPECT_TRUE(uri.empty() || uri == whole.uri);
    }
  }
}

}  // namespace
}  // namespace winrmlb::winrm
