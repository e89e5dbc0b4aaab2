// The one place where the monotonic clock is read. Pure modules are handed the time instead.
#pragma once

#include "winrmlb/core/time.h"

namespace winrmlb::net {

inline TimePoint now() noexcept { return Clock::now(); }

}  // namespace winrmlb::net
