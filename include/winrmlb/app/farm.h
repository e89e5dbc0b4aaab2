// Farm: the servers, as the process looks after them: their checks, what sessions report, what a server's end
// does to the sessions on it, and drains.
//
// Owned by Control, on its thread; what workers call posts there.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/drain.h"
#include "winrmlb/app/aside.h"
#include "winrmlb/app/worker.h"
#include "winrmlb/health/watch.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

class Farm {
 public:
  using Workers = std::vector<std::unique_ptr<Worker>>;
  /// `changed`: called after a server has changed its state; may be empty.
  Farm(boost::asio::io_context& io, telemetry::Log& log, net::Poller& poller, net::TimerWheel& wheel,
       const Workers& workers, Aside& aside, std::function<void()> changed = {});

  /// The servers of a snapshot are looked after from now on.
  void adopt(std::shared_ptr<const proxy::Snapshot> snapshot);
  void tick(TimePoint now);
  std::vector<health::Report> reports() const { return watch_.reports(); }
  /// Health has come to a first verdict on every server.
  bool is_settled() const;
  /// Ends all checks; `stopped()` once they have run out.
  void stop() { watch_.stop(); }
  bool stopped() const noexcept { return watch_.stopped(); }

  /// Drain, ready, maintenance, by the operator's word.
  Status change_mode(const admin::ModeChange& change);
  Result<admin::DrainView> drain(const admin::ModeChange& of) const;
  /// When the drain of a server is ended, if it has a deadline.
  std::optional<TimePoint> drain_deadline(ServerId server) const {
    const auto draining = drains_.find(server);
    return draining == drains_.end() ? std::nullopt : draining->second.deadline;
  }

  // On any thread.
  void report_connect_failure(ServerId server, ErrorCode code);
  void report_passive(ServerId server, health::PassiveSignal signal, const Uuid& shell);

 private:
  /// A server that is down, and when its sessions are ended.
  struct Dead {
    std::shared_ptr<balance::ServerState> state;
    std::string pool;
    TimePoint due;
    bool hard = false;
    bool ended = false;
  };

  /// A server that is being emptied.
  struct Draining {
    std::shared_ptr<balance::ServerState> state;
    std::string pool;
    TimePoint began;
    std::optional<TimePoint> deadline;
    std::optional<TimePoint> cut_off;  // after the deadline: exchanges that still go on are ended then
    std::uint32_t sessions_cut = 0;
    std::uint32_t shells_cut = 0;
    bool told = false;  // that it is empty
  };
  struct Found {
    const proxy::PoolEntry* pool;
    const balance::Member* member;
  };

  Result<Found> find(const admin::ModeChange& of) const;
  void adopt_drains();
  void tick_drains(TimePoint now);
  void end_drain(Draining& draining, TimePoint now);
  void free_of_spare_connections(const Draining& draining, const admin::DrainView& view);
  void on_transition(const health::Watched& server, const health::Transition& transition,
                     const std::string& why);
  void on_restart(const health::Watched& server);
  void on_certificate_ends(const health::Watched& server, seconds left);
  void end_sessions_of_the_dead(TimePoint now);
  void on_each_session(const std::function<void(proxy::Session&)>& visit);
  std::string password_of(const config::Pool& pool);

  boost::asio::io_context& io_;
  telemetry::Log& log_;
  const Workers& workers_;
  std::function<void()> changed_;
  health::Watch watch_;
  std::shared_ptr<const proxy::Snapshot> snapshot_;
  std::map<ServerId, Dead> dead_;
  std::map<ServerId, Draining> drains_;
  TimePoint drains_seen_{};
};

}  // namespace winrmlb::app
