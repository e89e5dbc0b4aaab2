// Time as pure code sees it: a monotonic TimePoint handed in by the caller. Only net and app read the clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace winrmlb {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using WallTime = std::chrono::system_clock::time_point;

using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace winrmlb
