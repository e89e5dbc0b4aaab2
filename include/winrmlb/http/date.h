// The Date field of HTTP messages (RFC 9110 5.6.7), in the one form that is still sent.
//
// Pure, any thread, no locale.
#pragma once

#include <optional>
#include <string_view>

#include "winrmlb/core/time.h"

namespace winrmlb::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT"; nothing if it is anything else. The day of the week is not looked at.
std::optional<WallTime> parse_date(std::string_view text) noexcept;

}  // namespace winrmlb::http
