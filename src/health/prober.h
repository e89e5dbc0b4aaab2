// Prober: the checks of one server, and its HealthState.
//
// Owned by the Watch. Each kind of check on each port is a coroutine of its own, which owns itself: when the
// server or that kind is no longer watched it is told to stop and runs out, after which nothing here is
// touched any more.
#pragma once

#include <memory>
#include <vector>

#include "checks.h"
#include "winrmlb/health/watch.h"

namespace winrmlb::health {

/// One kind of check on one port.
struct CheckKind {
  config::Probe probe;
  bool by_tls;
  std::string name() const { return std::string(name_of(probe)) + (by_tls ? "_tls" : ""); }
  friend bool operator==(const CheckKind&, const CheckKind&) = default;
};
/// What the settings and the listeners ask for.
std::vector<CheckKind> kinds_of(const Watched& watched);

class Watch::Check {
 public:
  static net::Detached run(Watch& watch, Prober& prober, CheckKind kind);

  const CheckKind& kind() const noexcept { return kind_; }
  CheckReport report() const;
  void check_now() { talk_.wake(); }
  /// Nothing it finds from here on counts.
  void stop();

 private:
  friend class Watch::Prober;
  Check(Watch& watch, Prober& prober, CheckKind kind);
  ~Check();
  net::Task<void> go_on();
  net::Task<Finding> once();
  Duration jittered(Duration interval);

  Watch& watch_;
  Prober* prober_;  // null: stopped
  const CheckKind kind_;
  Conversation talk_;
  CheckReport report_;
};

class Watch::Prober {
 public:
  Prober(Watch& watch, Watched watched);
  ~Prober();

  void begin();
  void set(Watched watched);
  void connect_failed(const Finding& finding);
  void passive(PassiveSignal signal, const Uuid& shell);
  Report report() const;

  const Watched& watched() const noexcept { return watched_; }
  const HealthState& state() const noexcept { return state_; }

 private:
  friend class Watch::Check;
  std::size_t rung_of(const Check& check) const;
  void take(const Check& check, const Finding& finding);
  void note_certificate(std::optional<seconds> ends_in);
  void publish(const std::optional<Transition>& transition);
  std::string other_port_serves() const;
  void check_all_now();

  Watch& watch_;
  Watched watched_;
  HealthState state_;
  std::vector<Check*> checks_;  // each owned by its coroutine, in the order of the state's rungs
  bool newcomer_;               // to a farm that is at work, and not yet up
  RestartDetector restarts_;
  std::optional<seconds> certificate_ends_in_;
  std::optional<TimePoint> certificate_told_;
  Report counts_;  // its counters only
};

}  // namespace winrmlb::health
