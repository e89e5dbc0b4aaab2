// LineTarget: where a LineWriter's lines go, a file or a syslog receiver.
#pragma once

#include <cstdint>
#include <string_view>

namespace winrmlb::telemetry {

class LineTarget {
 public:
  virtual ~LineTarget() = default;
  /// Whole lines, each with its newline; gives how many of them were lost. On the writer's thread; may take
  /// its time, but not for ever.
  virtual std::uint64_t write(std::string_view lines) noexcept = 0;
  /// Begins anew with the next write: a file by its name, a receiver by its address. False: it cannot, and
  /// the old one goes on. Any thread.
  virtual bool reopen() noexcept = 0;
};

}  // namespace winrmlb::telemetry
