// Control: the process. Owns the workers, and on the main thread does all that is not a session: signals,
// reload, health, admin.
//
//   run() ──▶ sockets taken over or bound ──▶ workers started ──▶ serving ──SIGTERM──▶ as Shutdown says
//                                                                    └─────SIGUSR2──▶ as Upgrade says
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "winrmlb/admin/view.h"
#include "winrmlb/app/certificate_watch.h"
#include "winrmlb/app/farm.h"
#include "winrmlb/app/handed_sockets.h"
#include "winrmlb/app/names.h"
#include "winrmlb/app/notifier.h"
#include "winrmlb/app/operator_desk.h"
#include "winrmlb/app/pulse.h"
#include "winrmlb/app/shutdown.h"
#include "winrmlb/app/snapshot_builder.h"
#include "winrmlb/app/state_keeper.h"
#include "winrmlb/app/takeover.h"
#include "winrmlb/app/upgrade.h"
#include "winrmlb/app/worker.h"
#include "winrmlb/balance/login_guard.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/asio_poller.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

struct RunOptions {
  std::string config_file;
  bool print_ports = false;                      // one JSON line on standard output once everything is bound
  std::vector<std::string> command_line = {};    // to start the process that follows this one
  std::shared_ptr<Takeover> takeover = nullptr;  // from the process that this one follows
};

class Control {
 public:
  Control(RunOptions options, config::Settings settings);
  ~Control();

  /// start() and serve(). An error: what kept it from starting.
  Status run();

  /// Binds and starts everything; clients are served from here on.
  Status start();
  /// What is not a session, on the caller's thread, until told to stop.
  Status serve();

 private:
  Status receive_sockets();
  Result<net::ListeningSockets> listening_for(const config::Listener& listener);
  Status bind_listeners();
  void await_first_checks();
  void start_workers();
  Status start_admin();
  void print_ports() const;
  void await_signal();
  void tick();
  void renew_certificates(TimePoint now);
  Status reload();
  Status apply(const config::Settings& settings);
  void retarget(const std::string& pool, const std::string& server, const IpAddress& address);
  void carry_out(Shutdown::Step step);
  void end_sessions();
  bool end_if_ended();
  void stop_listening();
  void tell_service_manager(TimePoint now);
  std::string service_status() const;
  Status upgrade();
  Upgrade::Lent lent_to_upgrade();
  void pause_accepting();
  Status load_state();
  void resume_modes();
  Status take_state();
  void take_over();
  admin::View view() const;

  const RunOptions options_;
  const config::Settings settings_at_start_;
  config::Settings settings_;
  boost::asio::io_context io_{1};
  telemetry::Log log_;
  telemetry::AccessSink access_sink_;
  balance::LoginGuard login_guard_;
  SnapshotBuilder builder_{log_};
  CertificateWatch certificates_{log_};
  std::shared_ptr<const proxy::Snapshot> snapshot_;
  HandedSockets handed_;  // until start() has given them to listeners
  // What is listened on. The workers have duplicates: no queue is reset by one that closes its own.
  std::map<ListenerId, net::ListeningSockets> bound_;
  std::atomic<std::uint32_t> open_sessions_{0};
  std::uint32_t most_sessions_ = 0;
  std::size_t worker_count_ = 1;
  std::vector<std::unique_ptr<Worker>> workers_;
  net::AsioPoller poller_;  // for the checks
  net::TimerWheel wheel_;
  Aside aside_;        // for the checks
  Aside names_aside_;  // for names, which a KDC must not hold up
  Farm farm_;
  StateKeeper keeper_;
  Names names_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer ticker_;
  TimePoint started_;
  WallTime started_wall_;
  Notifier notifier_;
  Shutdown shutdown_;
  std::unique_ptr<Pulse> pulse_;
  std::unique_ptr<Upgrade> upgrade_;
  bool stuck_ = false;  // some worker, and the log says which
  bool cut_ = false;    // some sessions, and the log says how many
  struct {
    bool succeeded = true;
    WallTime at{};
    std::string error;
    std::uint64_t successes = 0;
    std::uint64_t failures = 0;
  } last_reload_;
  std::unique_ptr<OperatorDesk> desk_;
};

}  // namespace winrmlb::app
