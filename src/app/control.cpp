#include "winrmlb/app/control.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sys/prctl.h>
#include <thread>
#include <utility>

#include <boost/asio/post.hpp>

#include "winrmlb/app/descriptor_limit.h"
#include "winrmlb/app/log_options.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

using telemetry::Level;

namespace {

std::string version() { return WINRMLB_VERSION; }

}  // namespace

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
      keeper_(make_state_store(settings_.state, log_), log_,
              [this](ServerId server) { return farm_.drain_deadline(server); }),
      names_(log_, Names::lookup_aside(names_aside_, [this] { return settings_.name_servers; }),
             [this](const auto& pool, const auto& server, const auto& address) {
               retarget(pool, server, address);
             }),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      ticker_(io_),
      started_(net::now()),
      started_wall_(net::wall_now()) {
  signals_.add(SIGUSR2);
}

Control::~Control() = default;

Status Control::run() {
  auto started = start();
  if (started) return serve();
  if (options_.takeover) options_.takeover->failed(started.error().detail);
  return started;
}

Status Control::start() {
  std::signal(SIGPIPE, SIG_IGN);
  // Passwords pass through this process: no core files of it, and nobody attaches.
  (void)::prctl(PR_SET_DUMPABLE, 0);

  worker_count_ =
      settings_.workers != 0 ? settings_.workers : std::max(1U, std::thread::hardware_concurrency());
  OtherDescriptors others{.workers = worker_count_, .listeners = settings_.listeners.size()};
  for (const auto& pool : settings_.pools)
    others.servers += pool.servers.size();
  const std::uint64_t descriptors = raise_descriptor_limit();
  const std::uint32_t fit = sessions_that_fit(descriptors, others);
  most_sessions_ = settings_.limits.sessions == 0 ? fit : std::min(fit, settings_.limits.sessions);
  if (settings_.limits.sessions > fit) {
    log_.write(Level::Warn, "the descriptor limit holds fewer sessions than configured; raise LimitNOFILE",
               {{"configured", std::int64_t{settings_.limits.sessions}},
                {"possible", std::int64_t{fit}},
                {"descriptors", static_cast<std::int64_t>(descriptors)}});
  }
  if (auto received = receive_sockets(); !received) return received;
  auto snapshot = builder_.build(settings_, nullptr);
  if (!snapshot) return snapshot.error();
  snapshot_ = *snapshot;
  if (auto loaded = load_state(); !loaded) return loaded;
  if (auto listening = bind_listeners(); !listening) return listening;
  if (auto admin = start_admin(); !admin) return admin;
  farm_.adopt(snapshot_);
  resume_modes();
  names_.adopt(*snapshot_);
  await_signal();
  tick();
  await_first_checks();
  if (auto taken = take_state(); !taken) return taken;
  start_workers();
  take_over();
  print_ports();
  log_.write(Level::Info, "serving",
             {{"version", version()},
              {"workers", static_cast<std::int64_t>(workers_.size())},
              {"sessions_at_most", std::int64_t{most_sessions_}}});
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
  const std::size_t workers = worker_count_;
  for (const auto& listener : snapshot_->listeners) {
    auto sockets = listening_for(listener.settings);
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
  }
  for (const auto& [id, listening] : bound_) {
    auto shares = share_out(listening, workers);
    if (!shares) return shares.error();
    for (std::size_t i = 0; i < workers; ++i) {
      for (auto& socket : (*shares)[i])
        workers_[i]->listen(id, std::move(socket));
    }
  }
  return Done{};
}

void Control::start_workers() {
  for (auto& worker : workers_)
    worker->start();
}

Status Control::start_admin() {
  desk_ = std::make_unique<OperatorDesk>(OperatorDesk::Lent{.io = io_,
                                                            .log = log_,
                                                            .farm = farm_,
                                                            .workers = workers_,
                                                            .view = [this] { return view(); },
                                                            .reload = [this] { return reload(); }},
                                         started_);
  const auto replace = options_.takeover ? admin::Replace::Later : admin::Replace::OnlyIfStale;
  auto handed = settings_.admin.bind ? handed_.take("admin", *settings_.admin.bind) : std::nullopt;
  return desk_->open(settings_.admin, replace, std::move(handed));
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
  if (const auto bound = desk_->bound()) line += ",\"admin\":\"" + bound->text() + "\"";
  std::printf("%s}\n", line.c_str());
  std::fflush(stdout);
}

void Control::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    if (signal == SIGHUP) {
      (void)reload();  // it logs
    } else if (signal == SIGUSR2) {
      (void)upgrade();  // it logs
    } else {
      carry_out(shutdown_.end(net::now(), settings_.shutdown));
    }
    await_signal();
  });
}

void Control::tick() {
  const TimePoint now = net::now();
  wheel_.advance(now);
  farm_.tick(now);
  names_.tick(now);
  log_.tick();
  renew_certificates(now);
  desk_->tick(now, net::wall_now());
  for (const auto& pool : snapshot_->pools) {
    pool.pool->affinity().sweep(now);
    pool.pool->shells().sweep(now);
  }
  keeper_.tick(now, net::wall_now());
  carry_out(shutdown_.tick(now, settings_.shutdown));
  if (upgrade_) upgrade_->tick(now);
  tell_service_manager(now);
  if (end_if_ended()) return;
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

}  // namespace winrmlb::app
