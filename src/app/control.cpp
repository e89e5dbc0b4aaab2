#include "winrmlb/app/control.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "winrmlb/admin/control_socket.h"
#include "winrmlb/admin/http_server.h"
#include "winrmlb/app/log_options.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

using telemetry::Level;

namespace {

constexpr seconds kShutdown{30};                     // from SIGTERM until what is left is cut
constexpr std::uint32_t kReservedDescriptors = 128;  // for listeners, logs, checks and admin

// Two descriptors per session. Raises the soft limit to the hard one; what that holds is the most that may be
// served.
std::uint32_t sessions_that_fit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  const auto descriptors = static_cast<std::uint32_t>(std::min<rlim_t>(limit.rlim_cur, 10'000'000));
  return descriptors > 2 * kReservedDescriptors ? (descriptors - kReservedDescriptors) / 2 : 1;
}

std::string version() { return WINRMLB_VERSION; }

}  // namespace

struct Control::Admin {
  Admin(boost::asio::io_context& io, const admin::Verbs& verbs) : socket(io, verbs), http(io, verbs) {}
  admin::ControlSocket socket;
  admin::HttpServer http;
};

Control::Control(RunOptions options, config::Settings settings)
    : options_(std::move(options)),
      settings_at_start_(settings),
      settings_(std::move(settings)),
      log_(log_options(settings_.log)),
      access_sink_(access_options(settings_.log)),
      login_guard_(settings_.login_guard),
      poller_(io_),
      wheel_(net::now()),
      aside_(io_),
      names_aside_(io_),
      farm_(io_, log_, poller_, wheel_, workers_, aside_),
      names_(log_, Names::lookup_aside(names_aside_, [this] { return settings_.name_servers; }),
             [this](const auto& pool, const auto& server, const auto& address) {
               retarget(pool, server, address);
             }),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      ticker_(io_),
      started_(net::now()),
      started_wall_(net::wall_now()) {}

Control::~Control() = default;

Status Control::run() {
  auto started = start();
  if (!started) return started;
  return serve();
}

Status Control::start() {
  std::signal(SIGPIPE, SIG_IGN);
  // Passwords pass through this process: no core files of it, and nobody attaches.
  (void)::prctl(PR_SET_DUMPABLE, 0);

  const std::uint32_t fit = sessions_that_fit();
  most_sessions_ = settings_.limits.sessions == 0 ? fit : std::min(fit, settings_.limits.sessions);
  if (settings_.limits.sessions > fit) {
    log_.write(Level::Warn, "the descriptor limit holds fewer sessions than configured; raise LimitNOFILE",
               {{"configured", std::int64_t{settings_.limits.sessions}}, {"possible", std::int64_t{fit}}});
  }
  auto snapshot = builder_.build(settings_, nullptr);
  if (!snapshot) return snapshot.error();
  snapshot_ = *snapshot;
  if (auto listening = bind_listeners(); !listening) return listening;
  if (auto admin = start_admin(); !admin) return admin;
  farm_.adopt(snapshot_);
  names_.adopt(*snapshot_);
  await_signal();
  tick();
  await_first_checks();
  start_workers();
  print_ports();
  log_.write(Level::Info, "serving",
             {{"version", version()},
              {"workers", static_cast<std::int64_t>(workers_.size())},
              {"sessions_at_most", std::int64_t{most_sessions_}}});
  (void)::sd_notify(0, "READY=1");
  return Done{};
}

// Clients that come meanwhile wait in the listening queues: whoever came before all servers are known would
// go to the one that answered its check first.
void Control::await_first_checks() {
  constexpr seconds kAtMost{2};
  constexpr milliseconds kTurn{20};
  const TimePoint until = net::now() + kAtMost;
  while (!farm_.is_settled() && net::now() < until)
    io_.run_one_for(kTurn);
}

Status Control::serve() {
  io_.run();
  for (auto& worker : workers_)
    worker->join();
  log_.write(Level::Info, "ended", {});
  return Done{};
}

Status Control::bind_listeners() {
  const auto cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t workers = settings_.workers == 0 ? cores : settings_.workers;
  for (const auto& listener : snapshot_->listeners) {
    auto sockets = net::listen_on(listener.settings.bind, workers);
    if (!sockets) return sockets.error();
    bound_[listener.id] = std::move(*sockets);
  }
  for (std::size_t i = 0; i < workers; ++i) {
    Worker::Lent lent{
        .log = log_,
        .access_sink = access_sink_,
        .login_guard = login_guard_,
        .open_sessions = open_sessions_,
        .most_sessions = most_sessions_,
        .report_connect_failure = [this](ServerId server,
                                         ErrorCode code) { farm_.report_connect_failure(server, code); },
        .report_passive = [this](ServerId server, health::PassiveSignal signal,
                                 const Uuid& shell) { farm_.report_passive(server, signal, shell); }};
    workers_.push_back(std::make_unique<Worker>(static_cast<std::uint16_t>(i), std::move(lent), snapshot_));
    for (const auto& listener : snapshot_->listeners) {
      workers_.back()->listen(listener.id, std::move(bound_[listener.id].sockets[i]));
    }
  }
  return Done{};
}

void Control::start_workers() {
  for (auto& worker : workers_)
    worker->start();
}

Status Control::start_admin() {
  admin_ = std::make_unique<Admin>(
      io_, admin::Verbs{.view = [this] { return view(); },
                        .reload = [this] { return reload(); },
                        .change_mode = [this](const auto& change) { return farm_.change_mode(change); },
                        .drain = [this](const auto& of) { return farm_.drain(of); }});
  if (!settings_.admin.socket.empty()) {
    if (auto opened = admin_->socket.open(settings_.admin.socket); !opened) return opened;
  }
  if (settings_.admin.bind) {
    if (auto opened = admin_->http.open(*settings_.admin.bind); !opened) return opened;
  }
  return Done{};
}

// For tests and scripts that let the kernel choose the ports.
void Control::print_ports() const {
  if (!options_.print_ports) return;
  std::string line = "{\"listeners\":[";
  for (const auto& listener : snapshot_->listeners) {
    if (line.back() != '[') line += ',';
    line += "{\"name\":\"" + listener.settings.name + "\",\"bind\":\"" + bound_.at(listener.id).bound.text() +
            "\"}";
  }
  line += "]";
  if (const auto bound = admin_->http.bound()) line += ",\"admin\":\"" + bound->text() + "\"";
  std::printf("%s}\n", line.c_str());
  std::fflush(stdout);
}

void Control::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      (void)reload();  // it logs
    } else if (draining_) {
      cut_at_ = net::now();  // asked twice: do not wait
    } else {
      stop();
    }
    await_signal();
  });
}

void Control::tick() {
  const TimePoint now = net::now();
  wheel_.advance(now);
  farm_.tick(now);
  names_.tick(now);
  renew_certificates(now);
  for (const auto& pool : snapshot_->pools) {
    pool.pool->affinity().sweep(now);
    pool.pool->shells().sweep(now);
  }
  if (draining_) {
    if (now >= cut_at_) {
      for (auto& worker : workers_)
        worker->cut();
    }
    const bool ended =
        std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->ended(); });
    if (ended && farm_.stopped()) {
      admin_->socket.close();
      admin_->http.close();
      signals_.cancel();
      poller_.stop();
      return;
    }
  }
  ticker_.expires_after(net::TimerWheel::kTick);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Control::renew_certificates(TimePoint now) {
  const auto renewed = certificates_.look(*snapshot_, now, net::wall_now());
  if (!renewed) return;
  snapshot_ = renewed;
  for (auto& worker : workers_)
    worker->post([renewed](Worker& here) { here.context().snapshot = renewed; });
  farm_.adopt(snapshot_);
}

void Control::stop() {
  log_.write(Level::Info, "stopping: sessions end after the exchange they are in",
             {{"sessions", std::int64_t{open_sessions_.load()}}});
  (void)::sd_notify(0, "STOPPING=1");
  draining_ = true;
  cut_at_ = net::now() + kShutdown;
  farm_.stop();
  for (auto& worker : workers_)
    worker->drain();
}

admin::View Control::view() const {
  admin::View view;
  view.version = version();
  view.now = net::now();
  view.started = started_;
  view.started_wall = started_wall_;
  view.config_file = options_.config_file;
  view.snapshot = snapshot_;
  for (const auto& worker : workers_)
    view.workers.push_back(&worker->counters());
  view.health = farm_.reports();
  for (const auto& listener : snapshot_->listeners)
    view.bound.push_back(bound_.at(listener.id).bound);
  view.open_sessions = open_sessions_.load();
  view.most_sessions = most_sessions_;
  view.draining = draining_;
  view.reload_succeeded = last_reload_.succeeded;
  view.reloaded = last_reload_.at;
  view.reload_error = last_reload_.error;
  view.reloads_succeeded = last_reload_.successes;
  view.reloads_failed = last_reload_.failures;
  view.log_lines_dropped = log_.dropped();
  view.access_lines_dropped = access_sink_.dropped();
  return view;
}

}  // namespace winrmlb::app
