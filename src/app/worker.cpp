#include "winrmlb/app/worker.h"

#include <algorithm>
#include <string>
#include <sys/prctl.h>
#include <utility>

#include "winrmlb/core/check.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

// Accepts on one listening socket. Takes several connections per turn, but fewer than a turn can carry on: a
// crowd waits in the kernel's queue, where nobody's time runs out, and not half-way through its handshakes.
class Worker::Acceptor final : private net::Polled {
 public:
  Acceptor(Worker& worker, ListenerId listener, net::Descriptor socket)
      : worker_(worker), listener_(listener), socket_(std::move(socket)) {
    resume();
  }
  ~Acceptor() { pause(); }

  /// Who comes from now on is served by these settings, which the worker itself has left behind.
  void stay_with(std::shared_ptr<const proxy::Snapshot> was) {
    was_ = std::move(was);
    net::leave_to_others(socket_.get());
  }
  void resume() {
    if (!std::exchange(watching_, true))
      WINRMLB_CHECK(worker_.poller_.watch_input(socket_.get(), *this) == 0);
  }

  void pause() {
    if (std::exchange(watching_, false)) worker_.poller_.forget(socket_.get(), *this);
  }

 private:
  void ready(std::uint32_t) override {
    constexpr int kPerTurn = 16;
    for (int i = 0; i < kPerTurn; ++i) {
      auto connection = net::accept_one(socket_.get());
      if (connection) {
        worker_.accepted(listener_, *connection, was_);
        continue;
      }
      if (connection.error().code == ErrorCode::Closed) return;
      // No descriptors left: the next tick tries again, instead of spinning on a queue that stays readable.
      worker_.context_.counters.accept_failures.add();
      worker_.out_of_descriptors_ = true;
      return pause();
    }
  }

  Worker& worker_;
  const ListenerId listener_;
  net::Descriptor socket_;
  std::shared_ptr<const proxy::Snapshot> was_;  // null: the worker's
  bool watching_ = false;
};

Worker::Worker(std::uint16_t index, Lent lent, std::shared_ptr<const proxy::Snapshot> snapshot)
    : lent_(std::move(lent)),
      access_log_(lent_.access_sink),
      context_(poller_, index, lent_.log, access_log_, lent_.open_sessions) {
  context_.snapshot = std::move(snapshot);
  context_.report_connect_failure = lent_.report_connect_failure;
  context_.report_passive = lent_.report_passive;
  context_.login_guard = &lent_.login_guard;
}

Worker::~Worker() { join(); }

void Worker::listen(ListenerId listener, net::Descriptor socket) {
  const auto added =
      acceptors_.emplace(listener, std::make_unique<Acceptor>(*this, listener, std::move(socket)));
  if (paused_) added->second->pause();
}

void Worker::stop_listening(ListenerId listener) { acceptors_.erase(listener); }

// Closing a socket resets what waits in its queue, and what is half-way through its handshake.
void Worker::hand_on(ListenerId listener, const std::shared_ptr<const proxy::Snapshot>& was) {
  constexpr seconds kHandshake{1};
  const TimePoint until = net::now() + kHandshake;
  for (auto found = acceptors_.extract(listener); !found.empty(); found = acceptors_.extract(listener)) {
    found.mapped()->stay_with(was);
    handed_on_.emplace_back(until, std::move(found.mapped()));
  }
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  (void)::prctl(PR_SET_NAME, ("worker " + std::to_string(context_.index)).c_str());
  TimePoint now = net::now();
  while (!draining_ || context_.sessions.size() != 0) {
    const TimePoint until = due();
    poller_.turn(now, until);
    now = net::now();
    if (now >= until) tick(now);
    const auto busy = std::chrono::duration_cast<std::chrono::microseconds>(now - poller_.woke());
    context_.counters.turns.observe(static_cast<std::uint64_t>(std::max<std::int64_t>(0, busy.count())));
  }
  mailbox_.close();
  access_log_.flush();
  ended_.store(true);
}

// When the loop must turn though nothing happens.
TimePoint Worker::due() const {
  const bool soon = out_of_descriptors_ || !access_log_.empty();
  const auto next =
      handed_on_.empty() ? context_.wheel.next() : std::min(context_.wheel.next(), handed_on_.front().first);
  return soon ? std::min(next, ticked_ + net::TimerWheel::kTick) : next;
}

void Worker::tick(TimePoint now) {
  ticked_ = now;
  context_.wheel.advance(now);
  access_log_.flush_if_older(now);
  while (!handed_on_.empty() && handed_on_.front().first <= now)
    handed_on_.pop_front();
  if (!std::exchange(out_of_descriptors_, false)) return;
  if (!paused_) resume_listening();
}

void Worker::pause_listening() {
  paused_ = true;
  for (const auto& [listener, acceptor] : acceptors_)
    acceptor->pause();
  for (const auto& [until, acceptor] : handed_on_)
    acceptor->pause();
}

void Worker::resume_listening() {
  paused_ = false;
  for (const auto& [listener, acceptor] : acceptors_)
    acceptor->resume();
  for (const auto& [until, acceptor] : handed_on_)
    acceptor->resume();
}

bool Worker::post(std::function<void(Worker&)> work) {
  return mailbox_.post([this, work = std::move(work)] { work(*this); });
}

void Worker::accepted(ListenerId listener, net::Accepted connection,
                      const std::shared_ptr<const proxy::Snapshot>& was) {
  if (lent_.open_sessions.load(std::memory_order_relaxed) >= lent_.most_sessions) {
    context_.counters.sessions_refused.add();
    (void)net::Descriptor(connection.descriptor);
    return;
  }
  const auto current = context_.snapshot;
  if (was) context_.snapshot = was;
  proxy::Session::serve(context_, listener, connection);
  context_.snapshot = current;
}

void Worker::leave() {
  post([](Worker& worker) {
    worker.draining_ = true;
    worker.context_.leaving = true;
    worker.acceptors_.clear();
  });
}

void Worker::drain() {
  post([](Worker& worker) {
    worker.draining_ = true;
    worker.context_.stopping = true;
    worker.acceptors_.clear();
    worker.handed_on_.clear();
    worker.context_.sessions.each([](proxy::Session& session) { session.stop(); });
  });
}

void Worker::cut() {
  post([](Worker& worker) { worker.context_.sessions.each([](proxy::Session& session) { session.cut(); }); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace winrmlb::app
