#include "winrm/envelope_oracle_support.h"

#include <cmath>
#include <map>
#include <regex>
#include <set>

#include <pugixml.hpp>

namespace winrmlb::winrm::test {

namespace {

using pugi::xml_node;
using Side = EnvelopeScanner::Side;

constexpr const char* kSoap = "http://www.w3.org/2003/05/soap-envelope";
constexpr const char* kAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
constexpr const char* kTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
constexpr const char* kEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration";
constexpr const char* kWsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";
constexpr const char* kIdentity = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd";
constexpr const char* kWsmv = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd";
constexpr const char* kShell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
constexpr const char* kFault = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault";
constexpr const char* kWmiError = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError";

bool is(const xml_node& node, const std::string& uri, const std::string& local) {
  if (node.type() != pugi::node_element) return false;
  const std::string name = node.name();
  const auto colon = name.find(':');
  if ((colon == std::string::npos ? name : name.substr(colon + 1)) != local) return false;
  const auto declaration = colon == std::string::npos ? "xmlns" : "xmlns:" + name.substr(0, colon);
  for (auto at = node; at; at = at.parent()) {
    if (const auto attribute = at.attribute(declaration.c_str())) return attribute.value() == uri;
  }
  return false;
}

std::string trimmed_of(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

struct Value {
  std::string text;
  bool is_whole = false;  // it fits into the scanner
};
// Nothing if it is empty, or has elements in it.
std::optional<Value> value_of(const xml_node& node) {
  constexpr std::size_t kMost = 192;
  std::string text;
  for (const auto& child : node.children()) {
    if (child.type() == pugi::node_element) return std::nullopt;
    text += child.value();
  }
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return std::nullopt;
  text = text.substr(begin);
  return Value{trimmed_of(text.substr(0, kMost)), text.size() <= kMost};
}

std::optional<std::uint32_t> milliseconds(const std::string& text) {
  static const std::regex kDuration(
      R"(P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d+))?S)?)?)");
  std::smatch match;
  if (!std::regex_match(text, match, kDuration) || text.back() == 'P' || text.back() == 'T')
    return std::nullopt;
  const auto part = [&](std::size_t i, long double unit) {
    return match[i].matched ? std::stold(match[i].str()) * unit : 0;
  };
  const auto seconds =
      part(1, 365 * 86400) + part(2, 30 * 86400) + part(3, 86400) + part(5, 3600) + part(6, 60) + part(7, 1);
  const auto fraction = (match[8].str() + "000").substr(0, 3);
  const auto total = seconds * 1000 + std::stold(fraction);
  return total > 4294967295.0L ? UINT32_MAX : static_cast<std::uint32_t>(total);
}

std::uint32_t code_of(const std::string& text) {
  static const std::regex kDigits(R"(\d{1,18})");
  const auto digits = trimmed_of(text);
  if (!std::regex_match(digits, kDigits)) return 0;
  const auto value = std::stoull(digits);
  return value > UINT32_MAX ? 0 : static_cast<std::uint32_t>(value);
}

void read_action(const Value& value, EnvelopeFacts& facts) {
  static const std::map<std::string, Action> kKnown = [] {
    std::map<std::string, Action> known;
    const auto shell = std::string(kShell) + "/";
    for (const auto action :
         {Action::Command, Action::Send, Action::Receive, Action::Signal, Action::Disconnect,
          Action::Reconnect, Action::Connect, Action::Get, Action::Put, Action::Create, Action::Delete,
          Action::Enumerate, Action::Pull, Action::Release}) {
      auto name = std::string(name_of(action));
      name[0] = static_cast<char>(std::toupper(name[0]));
      const auto at = action <= Action::Delete      ? std::string(kTransfer) + "/"
                      : action >= Action::Enumerate ? std::string(kEnumeration) + "/"
                                                    : shell;
      known[at + name] = action;
    }
    return known;
  }();
  if (facts.action != Action::None) return;
  facts.action = Action::Other;
  auto text = value.is_whole ? value.text : std::string();
  if (text.size() >= 6 && text.ends_with("/fault")) {
    facts.action = Action::Fault;
    facts.is_response = true;
    return;
  }
  const auto slash = text.rfind('/');
  facts.is_response = slash != std::string::npos && text.substr(slash + 1).ends_with("Response");
  if (facts.is_response) text.resize(text.size() - 8);
  if (const auto known = kKnown.find(text); known != kKnown.end()) facts.action = known->second;
}

void read_resource(const Value& value, Reading& reading) {
  if (reading.facts.resource != Resource::None) return;
  reading.uri = value.text.substr(0, EnvelopeScanner::kMostUri);
  static const std::regex kCmd("http://schemas\\.microsoft\\.com/wbem/wsman/1/windows/shell/cmd(\\?.*)?",
                               std::regex::icase);
  static const std::regex kShells(
      "http://schemas\\.microsoft\\.com/(powershell/[^?]*|wbem/wsman/1/windows/shell(/[^?]*)?)(\\?.*)?",
      std::regex::icase);
  static const std::regex kBreaks("[\r\n]");
  const auto line = std::regex_replace(value.text, kBreaks, " ");
  reading.facts.resource = std::regex_match(line, kCmd)      ? Resource::Cmd
                           : std::regex_match(line, kShells) ? Resource::Shell
                                                             : Resource::Other;
}

void read_id(const Value& value, std::optional<Uuid>& id) {
  if (!id && value.is_whole) id = Uuid::of(value.text);
}

void read_duration(const Value& value, std::optional<std::uint32_t>& ms) {
  if (!ms && value.is_whole) ms = milliseconds(value.text);
}

void read_selector(const xml_node& node, EnvelopeFacts& facts) {
  if (trimmed_of(node.attribute("Name").value()) != "ShellId") return;
  if (const auto value = value_of(node)) read_id(*value, facts.shell);
}

void read_header(const xml_node& header, Side side, Reading& reading) {
  auto& facts = reading.facts;
  for (const auto& child : header.children()) {
    if (side == Side::Request && is(child, kWsman, "SelectorSet")) {
      for (const auto& selector : child.children())
        if (is(selector, kWsman, "Selector")) read_selector(selector, facts);
    }
    const auto value = value_of(child);
    if (!value) continue;
    if (is(child, kAddressing, "Action")) read_action(*value, facts);
    if (is(child, kAddressing, "MessageID")) read_id(*value, facts.message);
    if (is(child, kWsmv, "SessionId")) read_id(*value, facts.session);
    if (is(child, kWsmv, "OperationID")) read_id(*value, facts.operation);
    if (side == Side::Response) continue;
    if (is(child, kWsman, "ResourceURI")) read_resource(*value, reading);
    if (is(child, kWsman, "OperationTimeout")) read_duration(*value, facts.operation_timeout_ms);
  }
}

void read_context(const xml_node& node, EnvelopeFacts& facts) {
  for (const auto& child : node.children()) {
    const auto value = value_of(child);
    if (value && is(child, kEnumeration, "EnumerationContext")) read_id(*value, facts.enumeration_context);
  }
}

void read_request_body(const xml_node& body, EnvelopeFacts& facts) {
  for (const auto& child : body.children()) {
    if (child.type() != pugi::node_element) continue;
    if (facts.action == Action::None) {
      if (is(child, kIdentity, "Identify")) facts.action = Action::Identify;
      return;
    }
    if (facts.action == Action::Create && is(child, kShell, "Shell")) {
      const auto id = trimmed_of(child.attribute("ShellId").value());
      if (!id.empty() && std::string(child.attribute("ShellId").value()).size() <= 128)
        read_id({id, true}, facts.shell);
      return;
    }
    if (is(child, kEnumeration, "Pull") || is(child, kEnumeration, "Release")) read_context(child, facts);
    if (facts.enumeration_context) return;
  }
}

void read_created(const xml_node& node, EnvelopeFacts& facts) {
  for (const auto& child : node.children()) {
    if (is(child, kWsman, "Selector")) {
      read_selector(child, facts);
    } else {
      read_created(child, facts);
    }
  }
}

void read_shell(const xml_node& shell, EnvelopeFacts& facts) {
  for (const auto& child : shell.children()) {
    const auto value = value_of(child);
    if (value && is(child, kShell, "ShellId")) read_id(*value, facts.shell);
    if (value && is(child, kShell, "IdleTimeOut")) read_duration(*value, facts.idle_timeout_ms);
  }
}

void read_detail(const xml_node& detail, EnvelopeFacts& facts, bool& is_of_wmi) {
  for (const auto& child : detail.children()) {
    if (is(child, kFault, "WSManFault") && (facts.fault == 0 || is_of_wmi)) {
      if (const auto code = code_of(child.attribute("Code").value())) {
        facts.fault = code;
        is_of_wmi = false;
      }
    }
    if (!is(child, kWmiError, "MSFT_WmiError") || facts.fault != 0) continue;
    for (const auto& part : child.children()) {
      const auto value = value_of(part);
      if (!value || !value->is_whole || !is(part, kWmiError, "error_Code") || facts.fault != 0) continue;
      facts.fault = code_of(value->text);
      is_of_wmi = true;
    }
  }
}

void read_response_body(const xml_node& body, EnvelopeFacts& facts) {
  bool is_of_wmi = false;
  for (const auto& child : body.children()) {
    const bool is_identify = is(child, kIdentity, "IdentifyResponse");
    if (facts.action == Action::None && (is_identify || is(child, kSoap, "Fault"))) {
      facts.action = is_identify ? Action::Identify : Action::Fault;
      facts.is_response = true;
    }
    if (is(child, kTransfer, "ResourceCreated")) read_created(child, facts);
    if (is(child, kShell, "Shell")) read_shell(child, facts);
    if (is(child, kEnumeration, "EnumerateResponse") || is(child, kEnumeration, "PullResponse"))
      read_context(child, facts);
    if (is(child, kSoap, "Fault")) {
      for (const auto& detail : child.children())
        if (is(detail, kSoap, "Detail")) read_detail(detail, facts, is_of_wmi);
    }
  }
}

bool body_counts(Side side, Action action) {
  const std::set<Action> requests{Action::None, Action::Create, Action::Pull, Action::Release};
  const std::set<Action> responses{Action::None,      Action::Create, Action::Get,
                                   Action::Enumerate, Action::Pull,   Action::Fault};
  return (side == Side::Request ? requests : responses).contains(action);
}

bool has_twin_attributes(const xml_node& node) {
  std::set<std::string> names;
  for (const auto& attribute : node.attributes())
    if (!names.insert(attribute.name()).second) return true;
  for (const auto& child : node.children())
    if (has_twin_attributes(child)) return true;
  return false;
}

}  // namespace

std::optional<Reading> read_by_library(const std::string& text, Side side) {
  pugi::xml_document document;
  const auto options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_ws_pcdata;
  if (!document.load_buffer(text.data(), text.size(), options, pugi::encoding_utf8)) return std::nullopt;
  const auto envelope = document.document_element();
  if (!is(envelope, kSoap, "Envelope") || has_twin_attributes(envelope)) return std::nullopt;
  Reading reading;
  for (const auto& child : envelope.children()) {
    if (is(child, kSoap, "Header") && !reading.facts.seen_whole_header) {
      read_header(child, side, reading);
      reading.facts.seen_whole_header = true;
    }
    if (!is(child, kSoap, "Body")) continue;
    reading.facts.seen_whole_header = true;
    if (!body_counts(side, reading.facts.action)) break;
    if (side == Side::Request) {
      read_request_body(child, reading.facts);
    } else {
      read_response_body(child, reading.facts);
    }
    break;
  }
  return reading;
}

}  // namespace winrmlb::winrm::test
