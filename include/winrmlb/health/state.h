// HealthState: from the results of checks to what a server is fit for. Pure: results and `now` in, a verdict
// out.
//
//   Checking ──pass──▶ Up ──failure──▶ Suspect ──pass──▶ Up
//       │                                 │  refused again (hard), or `fall` failures in a row (soft)
//       └──failure──▶ Suspect             ▼
//                                       Down ──`rise` passes in a row──▶ Up
//
// Hard evidence (refused, reset) says that nothing listens there; soft evidence (time-outs) may be a packet
// lost or a machine being moved, and takes longer to convince.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "winrmlb/balance/server_state.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/time.h"
#include "winrmlb/health/evidence.h"

namespace winrmlb::health {

struct Transition {
  balance::Fitness from;
  balance::Fitness to;
};

class HealthState {
 public:
  explicit HealthState(const config::Health& settings) noexcept : settings_(settings) {}

  /// A check's result, or a session's failed connect. The transition it causes, if any.
  std::optional<Transition> take(const Finding& finding, TimePoint now);

  balance::Fitness fitness() const noexcept { return fitness_; }
  TimePoint since() const noexcept { return since_; }
  const std::string& why() const noexcept { return why_; }  // the evidence behind the present state
  /// How long until the next check: at once while a verdict is due, else the interval.
  Duration next_check_in() const noexcept;
  void set_settings(const config::Health& settings) noexcept { settings_ = settings; }

 private:
  std::optional<Transition> move(balance::Fitness to, std::string why, TimePoint now);

  config::Health settings_;
  balance::Fitness fitness_ = balance::Fitness::Checking;
  TimePoint since_{};
  std::string why_ = "not yet checked";
  std::uint8_t failures_ = 0;       // in a row
  std::uint8_t hard_failures_ = 0;  // in a row
  std::uint8_t passes_ = 0;         // in a row, while down
};

}  // namespace winrmlb::health
