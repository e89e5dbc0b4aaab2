#include "envelope_values.h"

#include <algorithm>

#include "winrmlb/core/text.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
constexpr std::string_view kEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/";
constexpr std::string_view kShell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/";
constexpr std::string_view kEventing = "http://schemas.xmlsoap.org/ws/2004/08/eventing/";
constexpr std::string_view kWsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman/";
constexpr std::string_view kWsmv = "http://schemas.microsoft.com/wbem/wsman/1/wsman/";
constexpr std::string_view kPowerShell = "http://schemas.microsoft.com/powershell/";
constexpr std::string_view kResponse = "Response";

struct Row {
  std::string_view prefix;
  std::string_view name;
  Action action;
};
constexpr Row kActionsByUri[] = {
    {kShell, "Receive", Action::Receive},
    {kShell, "Send", Action::Send},
    {kShell, "Command", Action::Command},
    {kShell, "Signal", Action::Signal},
    {kShell, "Disconnect", Action::Disconnect},
    {kShell, "Reconnect", Action::Reconnect},
    {kShell, "Connect", Action::Connect},
    {kTransfer, "Create", Action::Create},
    {kTransfer, "Delete", Action::Delete},
    {kTransfer, "Get", Action::Get},
    {kTransfer, "Put", Action::Put},
    {kEnumeration, "Enumerate", Action::Enumerate},
    {kEnumeration, "Pull", Action::Pull},
    {kEnumeration, "Release", Action::Release},
    {kEventing, "Subscribe", Action::Subscribe},
    {kEventing, "Renew", Action::Subscribe},
    {kEventing, "GetStatus", Action::Subscribe},
    {kEventing, "Unsubscribe", Action::Subscribe},
    {kWsman, "Events", Action::Events},
    {kWsman, "Event", Action::Events},
    {kWsman, "DroppedEvents", Action::Events},
    {kWsman, "Heartbeat", Action::Events},
    {kWsman, "Ack", Action::Events},
    {kWsmv, "End", Action::FullDuplex},
    {kWsmv, "Keepalive", Action::FullDuplex},
    {kWsmv, "Acknowledge", Action::FullDuplex},
};

constexpr std::uint64_t kSecond = 1000;
constexpr std::uint64_t kMinute = 60 * kSecond;
constexpr std::uint64_t kHour = 60 * kMinute;
constexpr std::uint64_t kDay = 24 * kHour;

struct Unit {
  char letter;
  bool is_of_time;  // after the T
  std::uint64_t ms;
};
constexpr Unit kUnits[] = {{'Y', false, 365 * kDay}, {'M', false, 30 * kDay}, {'D', false, kDay},
                           {'H', true, kHour},       {'M', true, kMinute},    {'S', true, kSecond}};

// Servers compare the URIs of resources without regard to case; nearly all are written alike, though.
bool begins_with(std::string_view uri, std::string_view prefix) noexcept {
  return uri.starts_with(prefix) || starts_with_ignoring_case(uri, prefix);
}

std::string_view take_digits(std::string_view& text) noexcept {
  const auto size = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

// Milliseconds of ".5" or ".500123"; `text` begins with the point.
std::optional<std::uint64_t> take_fraction(std::string_view& text) noexcept {
  text.remove_prefix(1);
  const auto digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 3; ++i)
    ms = ms * 10 + (i < digits.size() ? static_cast<std::uint64_t>(digits[i] - '0') : 0);
  return ms;
}

}  // namespace

std::string_view name_of(Action action) noexcept {
  switch (action) {
    case Action::None:
      return "none";
    case Action::Identify:
      return "identify";
    case Action::Get:
      return "get";
    case Action::Put:
      return "put";
    case Action::Create:
      return "create";
    case Action::Delete:
      return "delete";
    case Action::Command:
      return "command";
    case Action::Send:
      return "send";
    case Action::Receive:
      return "receive";
    case Action::Signal:
      return "signal";
    case Action::Disconnect:
      return "disconnect";
    case Action::Reconnect:
      return "reconnect";
    case Action::Connect:
      return "connect";
    case Action::Enumerate:
      return "enumerate";
    case Action::Pull:
      return "pull";
    case Action::Release:
      return "release";
    case Action::Subscribe:
      return "subscribe";
    case Action::Events:
      return "events";
    case Action::FullDuplex:
      return "full_duplex";
    case Action::Fault:
      return "fault";
    case Action::Other:
      return "other";
  }
  return "other";
}

ActionOfUri action_of(std::string_view uri) noexcept {
  const auto slash = uri.rfind('/');
  if (slash == std::string_view::npos) return {};
  const auto prefix = uri.substr(0, slash + 1);
  auto name = uri.substr(slash + 1);
  // Addressing, eventing, enumeration, transfer and WS-Management have an action for faults each.
  if (name == "fault") return {Action::Fault, true};
  const bool is_response = name.ends_with(kResponse);
  if (is_response) name.remove_suffix(kResponse.size());
  for (const auto& row : kActionsByUri) {
    if (name == row.name && prefix == row.prefix) return {row.action, is_response};
  }
  return {Action::Other, is_response};
}

Resource resource_of(std::string_view uri) noexcept {
  if (uri.empty()) return Resource::None;
  uri = uri.substr(0, uri.find('?'));
  if (begins_with(uri, kShell)) {
    return equals_ignoring_case(uri.substr(kShell.size()), "cmd") ? Resource::Cmd : Resource::Shell;
  }
  if (begins_with(uri, kPowerShell)) return Resource::Shell;
  return equals_ignoring_case(uri, kShell.substr(0, kShell.size() - 1)) ? Resource::Shell : Resource::Other;
}

std::optional<std::uint32_t> duration_ms(std::string_view text) noexcept {
  constexpr std::uint64_t kMost = UINT32_MAX;
  if (!text.starts_with('P')) return std::nullopt;
  text.remove_prefix(1);
  std::uint64_t ms = 0;
  bool is_time = false;
  bool has_part = false;
  for (const Unit* next = std::begin(kUnits); !text.empty();) {
    if (text.front() == 'T') {
      if (is_time) return std::nullopt;
      is_time = true;
      has_part = false;
      text.remove_prefix(1);
      continue;
    }
    const auto digits = take_digits(text);
    if (digits.empty() || text.empty()) return std::nullopt;
    const auto count = parse_unsigned(digits, kMost).value_or(kMost);
    std::uint64_t fraction = 0;
    const bool has_fraction = text.front() == '.';
    if (has_fraction) {
      const auto taken = take_fraction(text);
      if (!taken || text.empty()) return std::nullopt;
      fraction = *taken;
    }
    const char letter = text.front();
    text.remove_prefix(1);
    // Each unit at most once, from the greatest to the least.
    next = std::find_if(next, std::end(kUnits), [&](const Unit& unit) {
      return unit.letter == letter && unit.is_of_time == is_time;
    });
    if (next == std::end(kUnits) || (has_fraction && letter != 'S')) return std::nullopt;
    const auto part = count > kMost / next->ms ? kMost : count * next->ms;
    ms = std::min(kMost, ms + part + fraction);
    has_part = true;
    ++next;
  }
  if (!has_part) return std::nullopt;
  return static_cast<std::uint32_t>(ms);
}

std::optional<std::uint32_t> number_of(std::string_view text) noexcept {
  const auto value = parse_unsigned(without_space(text), UINT32_MAX);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace winrmlb::winrm
