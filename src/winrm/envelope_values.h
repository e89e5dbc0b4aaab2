// What the values in an envelope mean: actions and resources by their URIs, durations.
//
// Pure, any thread. DSP0226 (WS-Management), MS-WSMV 2.2.4 and 3.1.4, XML Schema part 2 3.2.6.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm {

struct ActionOfUri {
  Action action = Action::Other;
  bool is_response = false;
};
ActionOfUri action_of(std::string_view uri) noexcept;

Resource resource_of(std::string_view uri) noexcept;

/// xs:duration in milliseconds, at most UINT32_MAX: a year is 365 days and a month 30, what is below a
/// millisecond is dropped. Nothing if it is none, or a negative one.
std::optional<std::uint32_t> duration_ms(std::string_view text) noexcept;

/// Digits with white space around them.
std::optional<std::uint32_t> number_of(std::string_view text) noexcept;

}  // namespace winrmlb::winrm
