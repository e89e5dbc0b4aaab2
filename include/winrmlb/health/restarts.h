// RestartDetector: tells a server that has restarted, and so lost its shells, from shells that ended one by
// one.
//
// Two different shells of one server, both used within the last minute, that it does not know within ten
// seconds: that is a restart. One alone may have been deleted by somebody else or have met its idle limit.
// Pure; the caller reports only shells that were in use lately.
#pragma once

#include <optional>

#include "winrmlb/core/time.h"
#include "winrmlb/core/uuid.h"

namespace winrmlb::health {

class RestartDetector {
 public:
  static constexpr Duration kWithin = seconds(10);

  /// True once per restart: further losses within kWithin belong to the same one.
  bool shell_lost(const Uuid& shell, TimePoint now) noexcept {
    if (detected_ && now < *detected_ + kWithin) return false;
    const bool second = last_ && last_->shell != shell && now < last_->at + kWithin;
    if (second) {
      detected_ = now;
      last_.reset();
      return true;
    }
    last_ = Lost{shell, now};
    return false;
  }

 private:
  struct Lost {
    Uuid shell;
    TimePoint at;
  };
  std::optional<Lost> last_;
  std::optional<TimePoint> detected_;
};

}  // namespace winrmlb::health
