// Worker: one thread with its own event loop, listening sockets, sessions, buffers and counters.
//
// The loop is a Poller's turns: sockets, listening sockets and the mailbox, and between them whatever is due.
// It wakes for nothing else.
//
// Owned by Control. Everything inside runs on the worker's thread; others reach it through post(), and may
// read its counters. Workers share only the tables of balance (affinity, server states).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "winrmlb/app/mailbox.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/net/listen.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/proxy/worker_context.h"

namespace winrmlb::app {

class Worker {
 public:
  struct Lent {
    telemetry::Log& log;
    telemetry::AccessSink& access_sink;
    balance::LoginGuard& login_guard;
    std::atomic<std::uint32_t>& open_sessions;  // of all workers
    std::uint32_t most_sessions;                // of all workers
    // Called on the worker's thread.
    std::function<void(ServerId, ErrorCode)> report_connect_failure;
    std::function<void(ServerId, health::PassiveSignal, const Uuid&)> report_passive;
  };

  Worker(std::uint16_t index, Lent lent, std::shared_ptr<const proxy::Snapshot> snapshot);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before start(), or from within post(). A listener may have several sockets here.
  void listen(ListenerId listener, net::Descriptor socket);
  void stop_listening(ListenerId listener);
  /// The same where another listener takes over: who has begun to connect to the old socket is still served,
  /// by the settings `was`.
  void hand_on(ListenerId listener, const std::shared_ptr<const proxy::Snapshot>& was);

  void start();
  /// Runs `work` on the worker's thread. False: the worker has ended, and will not.
  bool post(std::function<void(Worker&)> work);
  /// From within post(): connections wait in the queues of the sockets.
  void pause_listening();
  void resume_listening();
  /// Accepts nothing any more, and ends when the last session has. Sessions go on; those that may end do
  /// after their next answer.
  void leave();
  /// The same, and begins no exchange any more.
  void drain();
  /// Ends what is left, as if every session's time were up.
  void cut();
  void join();
  bool ended() const noexcept { return ended_.load(); }

  const proxy::Counters& counters() const noexcept { return context_.counters; }
  proxy::WorkerContext& context() noexcept { return context_; }

 private:
  class Acceptor;
  void run();
  TimePoint due() const;
  void tick(TimePoint now);
  void accepted(ListenerId listener, net::Accepted connection,
                const std::shared_ptr<const proxy::Snapshot>& was);

  net::Poller poller_;
  Mailbox mailbox_{poller_};
  Lent lent_;
  telemetry::AccessLog access_log_;
  proxy::WorkerContext context_;
  TimePoint ticked_{};
  bool out_of_descriptors_ = false;  // some acceptor pauses until the next tick
  std::multimap<ListenerId, std::unique_ptr<Acceptor>> acceptors_;
  std::deque<std::pair<TimePoint, std::unique_ptr<Acceptor>>> handed_on_;  // and when they close
  bool paused_ = false;                                                    // nothing is accepted for now
  bool draining_ = false;                                                  // nothing is accepted any more
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

}  // namespace winrmlb::app
