// The one place where the clocks are read. Pure modules are handed the time instead.
#pragma once

#include "winrmlb/core/time.h"

namespace winrmlb::net {

inline TimePoint now() noexcept { return Clock::now(); }
inline WallTime wall_now() noexcept { return std::chrono::system_clock::now(); }

}  // namespace winrmlb::net
