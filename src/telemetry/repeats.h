// Repeats: keeps a log from saying the same over and over.
//
// A line that equals one of the last `window` in all but its time is held back and counted; when the window
// is over, one line says how often. Pure; the Log's, under its lock. Bounded: kMost lines are remembered, and
// when all of them repeat, others pass as they come.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "winrmlb/telemetry/log.h"

namespace winrmlb::telemetry {

class Repeats {
 public:
  static constexpr std::size_t kMost = 32;

  struct Line {
    Level level;
    std::string event_text;
    std::vector<LogField> fields;
    WallTime first;
    std::uint64_t times = 0;  // held back
  };

  /// Zero: nothing is ever held back.
  explicit Repeats(Duration window) noexcept : window_(window) {}

  /// What has to be said before anything new: lines held back whose window is over.
  std::vector<Line> due(WallTime now);
  /// The same of all that was held back, whatever its window.
  std::vector<Line> rest();
  /// False: this line is held back.
  bool pass(WallTime now, Level level, std::string_view event_text, std::span<const LogField> fields);

 private:
  const Duration window_;
  std::vector<Line> lines_;  // the oldest first
};

}  // namespace winrmlb::telemetry
