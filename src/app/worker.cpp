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
        worker_.accepted(listener_, *connection);
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
  return soon ? std::min(context_.wheel.next(), ticked_ + net::TimerWheel::kTick) : context_.wheel.next();
}

void Worker::tick(TimePoint now) {
  ticked_ = now;
  context_.wheel.advance(now);
  access_log_.flush_if_older(now);
  if (!std::exchange(out_of_descriptors_, false)) return;
  if (!paused_) resume_listening();
}

void Worker::pause_listening() {
  paused_ = true;
  for (const auto& [listener, acceptor] : acceptors_)
    acceptor->pause();
}

void Worker::resume_listening() {
  paused_ = false;
  for (const auto& [listener, acceptor] : acceptors_)
    acceptor->resume();
}

bool Worker::post(std::function<void(Worker&)> work) {
  return mailbox_.post([this, work = std::move(work)] { work(*this); });
}

void Worker::accepted(ListenerId listener, net::Accepted connection) {
  if (lent_.open_sessions.load(std::memory_order_relaxed) >= lent_.most_sessions) {
    context_.counters.sessions_refused.add();
    (void)net::Descriptor(connection.descriptor);
    return;
  }
  proxy::Session::serve(context_, listener, connection);
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
