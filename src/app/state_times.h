// Between the two clocks: the monotonic one that the tables go by, and the wall's, which records carry. A
// wall clock that was set meanwhile makes things younger or older, but never of the future.
#pragma once

#include <algorithm>

#include "winrmlb/core/time.h"

namespace winrmlb::app {

inline WallTime wall_of(TimePoint time, TimePoint now, WallTime wall) noexcept {
  return wall + std::chrono::duration_cast<WallTime::duration>(time - now);
}

/// At most now, and not so long ago that sums of times overflow.
inline TimePoint past_of(WallTime time, TimePoint now, WallTime wall) noexcept {
  constexpr WallTime::duration kLongest = std::chrono::hours(24 * 400);
  const auto age = time < wall - kLongest ? kLongest : std::max(wall - time, WallTime::duration::zero());
  return now - std::chrono::duration_cast<Duration>(age);
}

/// At least now, and no further than a month away.
inline TimePoint future_of(WallTime time, TimePoint now, WallTime wall) noexcept {
  constexpr WallTime::duration kLongest = std::chrono::hours(24 * 31);
  const auto left = time > wall + kLongest ? kLongest : std::max(time - wall, WallTime::duration::zero());
  return now + std::chrono::duration_cast<Duration>(left);
}

}  // namespace winrmlb::app
