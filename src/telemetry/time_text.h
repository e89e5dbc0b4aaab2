// Wall time as text, for both logs. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "winrmlb/core/time.h"

namespace winrmlb::telemetry {

struct SplitTime {
  std::int64_t seconds;   // since 1970-01-01, rounded down
  unsigned milliseconds;  // 0..999
};

SplitTime split(WallTime time) noexcept;
/// "2026-11-24T08:00:00"; `separator` is what stands between date and time.
void append_seconds(std::string& out, std::int64_t seconds, char separator);
/// ".123"
void append_milliseconds(std::string& out, unsigned milliseconds);

}  // namespace winrmlb::telemetry
