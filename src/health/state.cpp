#include "winrmlb/health/state.h"

#include <utility>

namespace winrmlb::health {

using balance::Fitness;

namespace {
constexpr milliseconds kRecheck{100};      // while a verdict is due
constexpr std::uint8_t kHardFailures = 2;  // refused, and refused again
}  // namespace

std::optional<Transition> HealthState::take(const Finding& finding, TimePoint now) {
  if (finding.evidence == Evidence::Pass) {
    failures_ = hard_failures_ = 0;
    if (fitness_ == Fitness::Up) return std::nullopt;
    if (fitness_ == Fitness::Down && ++passes_ < settings_.rise) return std::nullopt;
    return move(Fitness::Up, "its check passed", now);
  }
  passes_ = 0;
  if (failures_ < 255) ++failures_;
  hard_failures_ =
      is_hard(finding.evidence) ? static_cast<std::uint8_t>(std::min(hard_failures_ + 1, 255)) : 0;
  if (fitness_ == Fitness::Down) return std::nullopt;
  if (hard_failures_ >= kHardFailures || failures_ >= std::max<std::uint8_t>(settings_.fall, 2)) {
    return move(Fitness::Down, finding.detail, now);
  }
  if (fitness_ == Fitness::Suspect) return std::nullopt;
  return move(Fitness::Suspect, finding.detail, now);
}

Duration HealthState::next_check_in() const noexcept {
  // The first recheck after a hard failure is immediate; a soft one already took its time-out.
  if (fitness_ == Fitness::Suspect) return hard_failures_ == 1 ? Duration::zero() : Duration(kRecheck);
  if (fitness_ == Fitness::Checking) return Duration::zero();
  return settings_.interval;
}

std::optional<Transition> HealthState::move(Fitness to, std::string why, TimePoint now) {
  const Transition transition{fitness_, to};
  fitness_ = to;
  since_ = now;
  why_ = std::move(why);
  passes_ = 0;
  return transition;
}

}  // namespace winrmlb::health
