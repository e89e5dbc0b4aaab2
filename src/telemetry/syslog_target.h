// SyslogTarget: messages to a syslog receiver, a line each.
//
// Bounded in time: whoever does not take a message within kPatience has lost it, and is tried again kPause
// later; what comes meanwhile is lost at once, so that the queue behind never waits for a receiver that is
// away.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "line_target.h"
#include "winrmlb/telemetry/syslog.h"

namespace winrmlb::telemetry {

class SyslogTarget final : public LineTarget {
 public:
  static constexpr milliseconds kPatience{1000};
  static constexpr milliseconds kPause{1000};
  /// A datagram is cut here: RFC 5424 6.1 asks receivers for 2048 bytes at least, and all in use take this
  /// much.
  static constexpr std::size_t kMostDatagramBytes = 8192;

  explicit SyslogTarget(SyslogOptions options) : options_(std::move(options)) {}
  ~SyslogTarget() override { close(); }
  SyslogTarget(const SyslogTarget&) = delete;
  SyslogTarget& operator=(const SyslogTarget&) = delete;

  std::uint64_t write(std::string_view lines) noexcept override;
  bool reopen() noexcept override {
    begin_anew_.store(true);
    return true;
  }

 private:
  enum class Sent : std::uint8_t { Yes, No };
  bool is_connected();
  bool connect();
  void close() noexcept;
  Sent send_message(std::string_view message);
  Sent send_all(std::string_view bytes);

  const SyslogOptions options_;
  int socket_ = -1;
  std::optional<WallTime> failed_;
  std::string frame_;
  std::atomic<bool> begin_anew_{false};
};

}  // namespace winrmlb::telemetry
