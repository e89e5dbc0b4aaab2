#include "winrmlb/sim/trouble.h"

#include <array>
#include <utility>

#include "winrmlb/core/text.h"

namespace winrmlb::sim {

namespace {

constexpr std::array<std::pair<TroubleMode, std::string_view>, 9> kNames{{
    {TroubleMode::None, "none"},
    {TroubleMode::Hang, "hang"},
    {TroubleMode::Refuse, "refuse"},
    {TroubleMode::Reset, "reset"},
    {TroubleMode::ResetBefore, "reset_before"},
    {TroubleMode::Close, "close"},
    {TroubleMode::Slow, "slow"},
    {TroubleMode::Unavailable, "503"},
    {TroubleMode::Quota, "quota"},
}};

// Whether a mode acts on the bare HTTP request, before login and SOAP, when no operation is named.
bool acts_early(TroubleMode mode) {
  switch (mode) {
    case TroubleMode::Hang:
    case TroubleMode::Close:
    case TroubleMode::Unavailable:
      return true;
    case TroubleMode::None:
    case TroubleMode::Refuse:
    case TroubleMode::Reset:
    case TroubleMode::ResetBefore:
    case TroubleMode::Slow:
    case TroubleMode::Quota:
      return false;
  }
  return false;
}

}  // namespace

std::string_view name_of(TroubleMode mode) {
  for (const auto& [known, name] : kNames) {
    if (known == mode) return name;
  }
  return "none";
}

std::optional<TroubleMode> trouble_named(std::string_view name) {
  for (const auto& [mode, known] : kNames) {
    if (known == name) return mode;
  }
  return std::nullopt;
}

TroubleMode Trouble::strike(std::string_view operation_now, std::string_view port_now) {
  if (!active() || mode == TroubleMode::Refuse) return TroubleMode::None;
  if (!port.empty() && port != port_now) return TroubleMode::None;
  const bool early = operation_now.empty();
  if (early != (operation.empty() && acts_early(mode))) return TroubleMode::None;
  if (!operation.empty() && !equals_ignoring_case(operation, operation_now)) return TroubleMode::None;
  if (mode == TroubleMode::Quota && operation_now != "Create") return TroubleMode::None;
  ++hits;
  return mode;
}

}  // namespace winrmlb::sim
