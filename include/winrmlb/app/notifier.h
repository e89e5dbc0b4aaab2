// Notifier: what the service manager is told: ready, reloading, ending, a line of status, and that all is
// well.
//
// Owned by Control, on its thread. Without a service manager (no $NOTIFY_SOCKET) all of it does nothing.
// sd_notify(3), sd_watchdog_enabled(3).
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "winrmlb/core/time.h"

namespace winrmlb::app {

class Notifier {
 public:
  Notifier();

  void ready();
  void reloading();
  void stopping();
  /// Sent only when it differs from the last.
  void status(const std::string& text);
  /// To be called often; says so no oftener than needed, and not at all unless asked for ($WATCHDOG_USEC).
  void all_is_well(TimePoint now);
  /// How long nothing may be said before the service manager acts; zero: for ever.
  Duration watchdog() const noexcept { return watchdog_; }

  /// Listening sockets that the service manager keeps over a crash, until told to forget them.
  void keep_sockets(const std::vector<int>& sockets);
  void forget_sockets();

  /// From here on the service is that process, and nothing more is said from this one.
  void hand_over_to(pid_t process);

 private:
  void say(const std::string& state) const;

  Duration watchdog_{};
  TimePoint next_{};
  std::string last_status_;
  bool keeps_sockets_ = false;
  bool silent_ = false;
};

}  // namespace winrmlb::app
