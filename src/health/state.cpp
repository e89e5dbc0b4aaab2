#include "winrmlb/health/state.h"

#include <algorithm>
#include <utility>

namespace winrmlb::health {

using balance::Fitness;
using config::Probe;

namespace {

constexpr milliseconds kRecheck{100};       // while a verdict is due
constexpr milliseconds kDeepRecheck{1000};  // the same for a check that costs a process
constexpr std::uint8_t kHardFailures = 2;   // refused, and refused again
constexpr int kStaysSuspect = 3;            // times the limit
constexpr seconds kForgiven{60};            // up for so long, an earlier fall is forgotten
constexpr std::uint32_t kMostDoublings = 16;

void count(std::uint8_t& counter) noexcept {
  if (counter < 255) ++counter;
}

// Something answered, so that a failure took no time-out.
bool came_at_once(Evidence evidence) noexcept {
  switch (evidence) {
    case Evidence::Refused:
    case Evidence::Reset:
    case Evidence::BadTls:
    case Evidence::Unavailable:
    case Evidence::WrongAnswer:
      return true;
    case Evidence::Pass:
    case Evidence::TimedOut:
    case Evidence::Unreachable:
    case Evidence::Unresolved:
    case Evidence::LoginRefused:
    case Evidence::NotMade:
      break;
  }
  return false;
}

CheckTimes or_general(milliseconds interval, milliseconds timeout, const config::Health& settings) noexcept {
  return {interval.count() == 0 ? settings.interval : interval,
          timeout.count() == 0 ? settings.timeout : timeout};
}

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<seconds>(duration).count()) + "s";
}

}  // namespace

std::string_view name_of(Probe probe) noexcept {
  switch (probe) {
    case Probe::Tcp:
      return "tcp";
    case Probe::Tls:
      return "tls";
    case Probe::Identify:
      return "identify";
    case Probe::Authenticated:
      return "authenticated";
    case Probe::Shell:
      return "shell";
  }
  return "unknown";
}

CheckTimes times_of(const config::Health& settings, Probe probe) noexcept {
  switch (probe) {
    case Probe::Tcp:
      return or_general(settings.tcp.interval, settings.tcp.timeout, settings);
    case Probe::Tls:
      return or_general(settings.tls.interval, settings.tls.timeout, settings);
    case Probe::Identify:
      return or_general(settings.identify.interval, settings.identify.timeout, settings);
    case Probe::Authenticated:
      return {settings.authenticated.interval, settings.authenticated.timeout};
    case Probe::Shell:
      return {settings.shell.interval, settings.shell.timeout};
  }
  return {settings.interval, settings.timeout};
}

HealthState::HealthState(const config::Health& settings, const std::vector<Probe>& rungs)
    : settings_(settings) {
  for (const auto probe : rungs)
    rungs_.push_back({.probe = probe, .last = {}});
}

void HealthState::adopt(const config::Health& settings, const std::vector<Probe>& rungs,
                        const std::vector<std::optional<std::size_t>>& continues) {
  settings_ = settings;
  std::vector<Rung> next;
  for (std::size_t i = 0; i < rungs.size(); ++i)
    next.push_back(continues[i] ? rungs_[*continues[i]] : Rung{.probe = rungs[i], .last = {}});
  rungs_ = std::move(next);
}

std::optional<Transition> HealthState::take(std::size_t rung, const Finding& finding, TimePoint now,
                                            Others others) {
  judge(rungs_[rung], finding, others);
  return settle(now, others);
}

void HealthState::judge(Rung& rung, const Finding& finding, Others others) const {
  rung.last = finding;
  if (finding.evidence == Evidence::NotMade) {  // the other kinds of checks decide
    if (rung.fitness != Fitness::Down) rung.fitness = Fitness::Up;
    return;
  }
  if (finding.evidence == Evidence::Pass) {
    rung.failures = rung.hard_failures = 0;
    if (rung.fitness == Fitness::Down) {
      count(rung.passes);
      if (rung.passes < settings_.rise && others == Others::Fit) return;
    }
    rung.fitness = Fitness::Up;
    return;
  }
  rung.passes = 0;
  count(rung.failures);
  if (is_hard(finding.evidence)) {
    count(rung.hard_failures);
  } else {
    rung.hard_failures = 0;
  }
  if (rung.fitness == Fitness::Down) return;
  const bool down = rung.hard_failures >= kHardFailures ||
                    rung.failures >= std::max<std::uint8_t>(settings_.fall, kHardFailures);
  rung.fitness = down ? Fitness::Down : Fitness::Suspect;
}

std::optional<Transition> HealthState::take_connect_failure(const Finding& finding, TimePoint now) {
  if (fitness_ == Fitness::Down) return std::nullopt;
  suspect_all(finding);
  return settle(now, Others::Fit);
}

// Sessions know the ports, not the logins: only checks without one come under suspicion, unless there are no
// others.
void HealthState::suspect_all(const Finding& finding) {
  const bool all_log_in =
      std::all_of(rungs_.begin(), rungs_.end(), [](const auto& rung) { return logs_in(rung.probe); });
  for (auto& rung : rungs_) {
    if (logs_in(rung.probe) && !all_log_in) continue;
    if (rung.fitness == Fitness::Up || rung.fitness == Fitness::Checking) judge(rung, finding, Others::Fit);
  }
}

HealthState::Reaction HealthState::take_signal(PassiveSignal signal, TimePoint now) {
  const auto& passive = settings_.passive;
  int grows = 0;
  Finding finding{Evidence::Unreachable, "sessions report " + std::string(name_of(signal))};
  switch (signal) {
    case PassiveSignal::ConnectFailed:
      return {take_connect_failure(finding, now), true};
    case PassiveSignal::ResetMidAnswer:
      grows = passive.reset;
      finding.evidence = Evidence::TimedOut;
      break;
    case PassiveSignal::Status503:
      grows = passive.unavailable;
      finding.evidence = Evidence::Unavailable;
      break;
    case PassiveSignal::ServiceDisabled:
      grows = passive.service_disabled;
      finding.evidence = Evidence::WrongAnswer;
      break;
    case PassiveSignal::QuotaFault:
      grows = passive.quota;
      finding.evidence = Evidence::Unavailable;
      break;
    case PassiveSignal::ShellLost:
      break;
  }
  if (grows == 0 || fitness_ == Fitness::Down) return {};
  const bool stayed = stays_suspect(now);
  weight_ = weight(now) + grows;
  weighed_ = now;
  if (weight_ < passive.limit) return {std::nullopt, true};
  if (stayed) return {};  // known already; the checks go on at their interval
  suspect_all(finding);
  return {settle(now, Others::Fit), true};
}

double HealthState::weight(TimePoint now) const noexcept {
  const double passed = std::chrono::duration<double>(now - weighed_).count();
  const double window = std::chrono::duration<double>(settings_.passive.window).count();
  return weight_ * std::clamp(1 - passed / window, 0.0, 1.0);
}

bool HealthState::stays_suspect(TimePoint now) const noexcept {
  return weight(now) >= kStaysSuspect * settings_.passive.limit;
}

std::optional<Transition> HealthState::settle(TimePoint now, Others others) {
  const auto first = [this](Fitness fitness) {
    return std::find_if(rungs_.begin(), rungs_.end(),
                        [fitness](const auto& rung) { return rung.fitness == fitness; });
  };
  if (const auto down = first(Fitness::Down); down != rungs_.end()) return fall(*down, now);
  const auto suspect = first(Fitness::Suspect);
  if (fitness_ == Fitness::Down) {
    if (suspect != rungs_.end() || first(Fitness::Checking) != rungs_.end()) return std::nullopt;
    if (now < since_ + hold_ && others == Others::Fit) return std::nullopt;
    came_up_ = now;
    return move(
        Fitness::Up,
        others == Others::Fit ? "its checks pass again" : "a check passed, and no other server is fit", now);
  }
  if (suspect != rungs_.end()) return move(Fitness::Suspect, suspect->last.detail, now);
  if (stays_suspect(now)) return move(Fitness::Suspect, "its checks pass, but " + why_, now);
  // A kind of check that a reload has added is no reason to doubt a server that is up.
  if (fitness_ != Fitness::Up && first(Fitness::Checking) != rungs_.end()) return std::nullopt;
  return move(Fitness::Up, "its checks pass", now);
}

std::optional<Transition> HealthState::fall(const Rung& rung, TimePoint now) {
  if (fitness_ == Fitness::Down) return std::nullopt;
  const bool soon = came_up_ && now < *came_up_ + std::max<Duration>(kForgiven, 2 * hold_);
  falls_ = soon ? std::min(falls_ + 1, kMostDoublings) : 0;
  hold_ = falls_ == 0 ? Duration::zero()
                      : std::min<Duration>(settings_.hold_down * (std::int64_t{1} << (falls_ - 1)),
                                           settings_.hold_down_most);
  std::string why = rung.last.detail;
  if (hold_ > Duration::zero()) {
    why += "; it fell " + std::to_string(falls_ + 1) + " times in a row and stays down for at least " +
           seconds_text(hold_);
  }
  auto transition = move(Fitness::Down, std::move(why), now);
  transition->hard = is_hard(rung.last.evidence);
  return transition;
}

Duration HealthState::next_check_in(std::size_t index) const noexcept {
  const Rung& rung = rungs_[index];
  const Duration interval = times_of(settings_, rung.probe).interval;
  if (rung.last.evidence == Evidence::NotMade) return interval;
  switch (rung.fitness) {
    case Fitness::Checking:
      return Duration::zero();
    case Fitness::Suspect:
      break;
    case Fitness::Up:
    case Fitness::Down:
      // A refused login is asked for less and less often, lest the checks lock their own account.
      if (rung.last.evidence == Evidence::LoginRefused)
        return interval * (1 << std::min<int>(rung.failures, 4));
      return interval;
  }
  if (rung.last.evidence == Evidence::LoginRefused) return interval;
  if (logs_in(rung.probe)) return std::min<Duration>(interval, kDeepRecheck);
  // The first recheck after an answer is immediate; a silent failure already took its time-out.
  return rung.failures == 1 && came_at_once(rung.last.evidence) ? Duration::zero() : Duration(kRecheck);
}

std::optional<Transition> HealthState::move(Fitness to, std::string why, TimePoint now) {
  if (to == fitness_) return std::nullopt;
  const Transition transition{fitness_, to, false};
  fitness_ = to;
  since_ = now;
  why_ = std::move(why);
  return transition;
}

}  // namespace winrmlb::health
