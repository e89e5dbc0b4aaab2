// WorkerContext: what a session borrows from its worker.
//
// One per worker, owned by app, used on the worker's thread only (the counters may be read from anywhere).
// The verbs that sessions may call upwards are lent here at construction.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "winrmlb/balance/login_guard.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"
#include "winrmlb/core/uuid.h"
#include "winrmlb/health/evidence.h"
#include "winrmlb/http/head.h"
#include "winrmlb/net/block.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/proxy/counters.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/telemetry/access_log.h"
#include "winrmlb/telemetry/log.h"
#include "winrmlb/winrm/envelope.h"
#include "winrmlb/winrm/envelope_memory.h"

namespace winrmlb::proxy {

class Session;

/// All sessions of a worker, for verdicts, draining and the operator's list.
class SessionList {
 public:
  void add(Session& session) noexcept;
  void remove(Session& session) noexcept;
  /// Calls `visit` for each; a visited session may end meanwhile.
  void each(const std::function<void(Session&)>& visit);
  std::size_t size() const noexcept { return size_; }

 private:
  Session* first_ = nullptr;
  Session* resume_at_ = nullptr;  // the next one of a walk under way
  std::size_t size_ = 0;
};

/// One limit per kind of error.
template <std::size_t Kinds>
std::array<telemetry::RateLimited, Kinds> one_a_second() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array{((void)I, telemetry::RateLimited(seconds(1)))...};
  }
  (std::make_index_sequence<Kinds>());
}

struct WorkerContext {
  WorkerContext(net::Poller& worker_poller, std::uint16_t worker_index, telemetry::Log& worker_log,
                telemetry::AccessLog& worker_access_log, std::atomic<std::uint32_t>& all_open_sessions)
      : poller(worker_poller),
        index(worker_index),
        wheel(now()),
        log(worker_log),
        access_log(worker_access_log),
        open_sessions(all_open_sessions) {}

  TimePoint now() const noexcept { return net::now(); }
  /// At most one a second: the counters have them all.
  void log_refusal(const Endpoint& client, const std::string& listener, std::string_view why) {
    if (!log.writes(telemetry::Level::Info)) return;
    const auto held_back = refusal_limit.pass(now());
    if (!held_back) return;
    log.write(
        telemetry::Level::Info, "a client was refused: " + std::string(why),
        {{"client", client.text()}, {"listener", listener}, {"more", static_cast<std::int64_t>(*held_back)}});
  }

  net::Poller& poller;
  const std::uint16_t index;
  net::BlockPool blocks;
  net::TimerWheel wheel;
  std::shared_ptr<const Snapshot> snapshot;  // swapped on this thread at reload
  Counters counters;
  SessionList sessions;
  telemetry::Log& log;
  telemetry::AccessLog& access_log;
  std::array<telemetry::RateLimited, kErrorCodes> error_limits = one_a_second<kErrorCodes>();
  std::array<telemetry::RateLimited, winrm::kRefusals> refusal_limits = one_a_second<winrm::kRefusals>();
  std::uint64_t next_session = 0;
  std::uint32_t refusing = 0;  // sessions that are being told why they may not come in
  telemetry::RateLimited refusal_limit{seconds(1)};
  bool stopping = false;                      // no exchange begins any more
  bool leaving = false;                       // sessions that may end are told to with their next answer
  std::atomic<std::uint32_t>& open_sessions;  // of all workers

  /// Tells health that a connect to a server failed, so that it checks at once. Its verdict comes as
  /// Signal::Verdict to every session of the worker.
  std::function<void(ServerId, ErrorCode)> report_connect_failure;
  /// Tells health what an exchange saw of a server. The shell is for ShellLost only, and only one that was
  /// used there within the last minute says something about the server.
  std::function<void(ServerId, health::PassiveSignal, const Uuid& shell)> report_passive;

  balance::LoginGuard* login_guard = nullptr;  // of the process; null: none

  // Scratch for one step without suspension.
  http::Fields fields;
  std::string edited_head;
  winrm::EnvelopeMemory envelopes;
  winrm::EnvelopeScanner scanner{winrm::EnvelopeScanner::Side::Request};
};

}  // namespace winrmlb::proxy
