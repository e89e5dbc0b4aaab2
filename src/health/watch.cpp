#include "winrmlb/health/watch.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "winrmlb/core/check.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/net/stream.h"
#include "winrmlb/net/task.h"

namespace winrmlb::health {

using net::IoResult;
using net::Signal;
using net::Signals;

// One server's checks, for as long as it is watched.
class Watch::Prober {
 public:
  static net::Detached run(Watch& watch, Watched watched) {
    Prober prober(watch, std::move(watched));
    co_await prober.check_until_stopped();
  }

  void set(Watched watched) {
    state_.set_settings(watched.settings);
    watched_ = std::move(watched);
    wakeup_.raise(Signal::Io);
  }
  // However many sessions report at once, they raise the suspicion once; the verdict is the check's.
  void connect_failed(const Finding& finding) {
    if (state_.fitness() == balance::Fitness::Down) return;
    if (state_.fitness() != balance::Fitness::Suspect) apply(finding);
    due_ = true;
    wakeup_.raise(Signal::Io);
  }
  void stop() {
    stopping_ = true;
    wakeup_.raise(Signal::Stop);
  }
  Report report() const {
    return {watched_.state->id, state_.fitness(), state_.since(),
            state_.why(),       last_check_,      last_check_took_};
  }

 private:
  Prober(Watch& watch, Watched watched)
      : watch_(watch),
        watched_(std::move(watched)),
        state_(watched_.settings),
        stream_(watch.poller_, wakeup_) {
    watch_.probers_[watched_.state->id] = this;
  }
  ~Prober() {
    const auto found = watch_.probers_.find(watched_.state->id);
    if (found != watch_.probers_.end() && found->second == this) watch_.probers_.erase(found);
  }

  net::Task<void> check_until_stopped() {
    while (!stopping_) {
      const TimePoint began = net::now();
      due_ = false;
      const Finding finding = co_await check();
      if (stopping_) break;
      last_check_ = net::now();
      last_check_took_ = *last_check_ - began;
      apply(finding);
      deadline_.set(watch_.wheel_, net::now() + state_.next_check_in());
      for (bool waiting = state_.next_check_in() > Duration::zero(); waiting && !stopping_ && !due_;) {
        const Signals woken_by = co_await wakeup_;
        waiting = !woken_by.has(Signal::Deadline);
      }
    }
    deadline_.clear();
    stream_.close();
  }

  // A TCP connection is made and closed.
  net::Task<Finding> check() {
    if (!watched_.target) co_return Finding{Evidence::Unresolved, "its name has no address"};
    const Endpoint target = *watched_.target;
    deadline_.set(watch_.wheel_, net::now() + watched_.settings.timeout);
    auto step = stream_.connect(target);
    bool timed_out = false;
    while (step.state == IoResult::State::WouldBlock && !timed_out && !stopping_) {
      const Signals woken_by = co_await wakeup_;
      timed_out = woken_by.has(Signal::Deadline);
      if (!timed_out) step = stream_.connected();
    }
    stream_.reset_on_close();  // nothing was said; leave no TIME_WAIT behind
    stream_.close();
    if (step.state == IoResult::State::Ok) co_return Finding{};
    if (step.state == IoResult::State::WouldBlock || step.error == ETIMEDOUT) {
      co_return Finding{Evidence::TimedOut, target.text() + " did not answer in time"};
    }
    if (step.error == ECONNREFUSED || step.error == ECONNRESET) {
      co_return Finding{Evidence::Refused, target.text() + " refused the connection"};
    }
    co_return Finding{Evidence::Unreachable,
                      "cannot reach " + target.text() + ": " + std::strerror(step.error)};
  }

  void apply(const Finding& finding) {
    const auto transition = state_.take(finding, net::now());
    if (!transition) return;
    watched_.state->fitness.store(transition->to, std::memory_order_relaxed);
    watch_.on_transition_(watched_, *transition, state_.why());
  }

  Watch& watch_;
  Watched watched_;
  HealthState state_;
  net::Wakeup wakeup_;
  net::Deadline deadline_{wakeup_};
  net::Stream stream_;
  std::optional<TimePoint> last_check_;
  Duration last_check_took_{};
  bool due_ = false;
  bool stopping_ = false;
};

Watch::Watch(net::Poller& poller, net::TimerWheel& wheel, OnTransition on_transition)
    : poller_(poller), wheel_(wheel), on_transition_(std::move(on_transition)) {}

Watch::~Watch() { WINRMLB_CHECK(probers_.empty()); }

void Watch::update(std::vector<Watched> servers) {
  std::map<ServerId, Watched> wanted;
  for (auto& server : servers)
    wanted.emplace(server.state->id, std::move(server));
  std::vector<Prober*> gone;
  for (const auto& [id, prober] : probers_) {
    if (!wanted.contains(id)) gone.push_back(prober);
  }
  for (auto* prober : gone)
    prober->stop();
  for (auto& [id, server] : wanted) {
    if (const auto found = probers_.find(id); found != probers_.end()) {
      found->second->set(std::move(server));
    } else {
      Prober::run(*this, std::move(server));
    }
  }
}

void Watch::connect_failed(ServerId server, Finding finding) {
  if (const auto found = probers_.find(server); found != probers_.end())
    found->second->connect_failed(finding);
}

std::vector<Report> Watch::reports() const {
  std::vector<Report> all;
  for (const auto& [id, prober] : probers_)
    all.push_back(prober->report());
  return all;
}

void Watch::stop() {
  std::vector<Prober*> all;
  for (const auto& [id, prober] : probers_)
    all.push_back(prober);
  for (auto* prober : all)
    prober->stop();
}

}  // namespace winrmlb::health
