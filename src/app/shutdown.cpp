#include "winrmlb/app/shutdown.h"

namespace winrmlb::app {

Shutdown::Step Shutdown::end(TimePoint now, const config::Shutdown& settings) noexcept {
  switch (phase_) {
    case Phase::Serving:
      if (settings.lead == milliseconds(0)) return drain(now, settings);
      phase_ = Phase::Leading;
      next_ = now + settings.lead;
      return Step::BeUnready;
    case Phase::HandedOn:
      return drain(now, settings);
    case Phase::Leading:
    case Phase::Draining:
      phase_ = Phase::Cutting;
      return Step::Cut;
    case Phase::Cutting:
      return Step::Cut;
  }
  return Step::Nothing;
}

Shutdown::Step Shutdown::hand_on(TimePoint now, const config::Shutdown& settings) noexcept {
  phase_ = Phase::HandedOn;
  next_ = now + settings.after_upgrade;
  return Step::LeaveSessions;
}

Shutdown::Step Shutdown::tick(TimePoint now, const config::Shutdown& settings) noexcept {
  if (now < next_) return phase_ == Phase::Cutting ? Step::Cut : Step::Nothing;
  switch (phase_) {
    case Phase::Serving:
      return Step::Nothing;
    case Phase::Leading:
    case Phase::HandedOn:
      return drain(now, settings);
    case Phase::Draining:
    case Phase::Cutting:  // again at each tick: a session may have begun to wait for something else
      phase_ = Phase::Cutting;
      return Step::Cut;
  }
  return Step::Nothing;
}

Shutdown::Step Shutdown::drain(TimePoint now, const config::Shutdown& settings) noexcept {
  phase_ = Phase::Draining;
  next_ = now + settings.deadline;
  return Step::EndSessions;
}

}  // namespace winrmlb::app
