// HealthState: from the results of checks to what a server is fit for. Pure: results and `now` in, a verdict
// out.
//
// Each kind of check has a state of its own, a rung:
//
//   Checking ──pass──▶ Up ──failure──▶ Suspect ──pass──▶ Up
//       │                                 │  refused again (hard), or `fall` failures in a row (soft)
//       └──failure──▶ Suspect             ▼
//                                       Down ──`rise` passes in a row──▶ Up
//
// The server is what its worst rung says: Down with any that is Down, Suspect with any that is Suspect, Up
// once all are. Two things are the server's own:
//
//   hold-down  a server that falls again soon after it came up stays down for a while, twice as long each
//              time, so that one that flaps does not take its clients through every turn;
//   weight     what sessions see (resets, 503) adds up and fades. From `limit` on, the server is suspected
//              and checked at once; if that goes on while the checks pass, it stays suspected, which keeps
//              new addresses away.
//
// When the pool has no other fit server, one pass is enough and no hold-down counts: nothing is worse than
// none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/balance/server_state.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/time.h"
#include "winrmlb/health/evidence.h"

namespace winrmlb::health {

struct Transition {
  balance::Fitness from;
  balance::Fitness to;
  bool hard = false;  // to Down: by hard evidence
};

/// Whether the pool has another server to go on with.
enum class Others : std::uint8_t { Fit, None };

/// When a kind of check is made, as the settings say.
struct CheckTimes {
  Duration interval;
  Duration timeout;
};
CheckTimes times_of(const config::Health& settings, config::Probe probe) noexcept;
std::string_view name_of(config::Probe probe) noexcept;
/// Those that log in: a failed login counts at the server, so that they are not repeated at once.
constexpr bool logs_in(config::Probe probe) noexcept { return probe >= config::Probe::Authenticated; }

class HealthState {
 public:
  HealthState(const config::Health& settings, const std::vector<config::Probe>& rungs);

  /// A check's result. The transition it causes, if any.
  std::optional<Transition> take(std::size_t rung, const Finding& finding, TimePoint now,
                                 Others others = Others::Fit);
  /// A session's failed connect: raises suspicion; the verdict is the checks'.
  std::optional<Transition> take_connect_failure(const Finding& finding, TimePoint now);
  /// What a session saw. `check_now`: worth a check at once.
  struct Reaction {
    std::optional<Transition> transition;
    bool check_now = false;
  };
  Reaction take_signal(PassiveSignal signal, TimePoint now);

  balance::Fitness fitness() const noexcept { return fitness_; }
  balance::Fitness fitness(std::size_t rung) const noexcept { return rungs_[rung].fitness; }
  TimePoint since() const noexcept { return since_; }
  const std::string& why() const noexcept { return why_; }  // the evidence behind the present state
  /// How long until the next check of this rung: at once while a verdict is due, else the interval.
  Duration next_check_in(std::size_t rung) const noexcept;

  /// New settings, and for each new rung which old one it continues, if any.
  void adopt(const config::Health& settings, const std::vector<config::Probe>& rungs,
             const std::vector<std::optional<std::size_t>>& continues);

 private:
  struct Rung {
    config::Probe probe = config::Probe::Tcp;
    balance::Fitness fitness = balance::Fitness::Checking;
    Finding last;
    std::uint8_t failures = 0;       // in a row
    std::uint8_t hard_failures = 0;  // in a row
    std::uint8_t passes = 0;         // in a row, while down
  };

  void judge(Rung& rung, const Finding& finding, Others others) const;
  void suspect_all(const Finding& finding);
  std::optional<Transition> settle(TimePoint now, Others others);
  std::optional<Transition> fall(const Rung& rung, TimePoint now);
  std::optional<Transition> move(balance::Fitness to, std::string why, TimePoint now);
  double weight(TimePoint now) const noexcept;
  bool stays_suspect(TimePoint now) const noexcept;

  config::Health settings_;
  std::vector<Rung> rungs_;
  balance::Fitness fitness_ = balance::Fitness::Checking;
  TimePoint since_{};
  std::string why_ = "not yet checked";
  // Hold-down.
  std::optional<TimePoint> came_up_;  // after a fall
  std::uint32_t falls_ = 0;           // that came soon after one another
  Duration hold_{};
  // Weight of what sessions saw, as of when it last grew.
  double weight_ = 0;
  TimePoint weighed_{};
};

}  // namespace winrmlb::health
