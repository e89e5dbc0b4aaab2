#include "winrmlb/app/farm.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "ways.h"
#include "winrmlb/app/password.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

using balance::Fitness;
using telemetry::Level;

namespace {

/// Which ports of its servers are checked.
Ways checked_ways(const proxy::Snapshot& snapshot, const proxy::PoolEntry& pool) {
  const auto ports = pool.pool->settings().health.ports;
  if (ports != config::CheckedPorts::InUse)
    return {.plain = ports == config::CheckedPorts::Plain, .tls = ports == config::CheckedPorts::Tls};
  Ways ways = ways_to(snapshot, pool);
  if (!ways.tls) ways.plain = true;  // nobody comes yet
  return ways;
}

}  // namespace

Farm::Farm(boost::asio::io_context& io, telemetry::Log& log, net::Poller& poller, net::TimerWheel& wheel,
           const Workers& workers, Aside& aside, std::function<void()> changed)
    : io_(io),
      log_(log),
      workers_(workers),
      changed_(std::move(changed)),
      watch_(poller, wheel,
             {.transition = [this](const auto& server, const auto& transition,
                                   const auto& why) { on_transition(server, transition, why); },
              .restarted = [this](const auto& server) { on_restart(server); },
              .certificate_ends = [this](const auto& server,
                                         seconds left) { on_certificate_ends(server, left); }},
             [&aside](std::function<void()> work, std::function<void()> then) {
               aside.run(std::move(work), std::move(then));
             }) {}

void Farm::adopt(std::shared_ptr<const proxy::Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  std::vector<health::Watched> watched;
  for (const auto& entry : snapshot_->pools) {
    const auto& settings = entry.pool->settings();
    const Ways ways = checked_ways(*snapshot_, entry);
    const std::string password = password_of(settings);
    for (std::size_t i = 0; i < entry.targets.size(); ++i) {
      const auto& target = entry.targets[i];
      const auto& member = entry.pool->members()[i];
      watched.push_back({.state = member.state,
                         .pool = entry.pool->name(),
                         .host = member.settings.host,
                         .address = target.address,
                         .source = settings.source,
                         .port = target.port,
                         .tls_port = target.tls_port,
                         .by_plain = ways.plain,
                         .by_tls = ways.tls,
                         .tls = entry.server_tls,
                         .settings = settings.health,
                         .password = password});
    }
  }
  watch_.update(std::move(watched));
  adopt_drains();
}

// Read again at each reload, so that a new password needs no restart.
std::string Farm::password_of(const config::Pool& pool) {
  const auto& file = pool.health.account.password_file;
  if (file.empty()) return {};
  const auto password = read_password(file);
  if (!password) {
    log_.write(Level::Warn, "the password of the checks' account cannot be read",
               {{"pool", pool.name}, {"file", file}});
  }
  return password.value_or("");
}

void Farm::tick(TimePoint now) {
  end_sessions_of_the_dead(now);
  tick_drains(now);
}

bool Farm::is_settled() const {
  const auto all = watch_.reports();
  return std::all_of(all.begin(), all.end(), [](const auto& report) {
    return report.fitness == Fitness::Up || report.fitness == Fitness::Down;
  });
}

// ---- what health says
// -------------------------------------------------------------------------------------------

void Farm::on_transition(const health::Watched& server, const health::Transition& transition,
                         const std::string& why) {
  const auto level = transition.to == Fitness::Down ? Level::Warn : Level::Info;
  log_.write(level, "server " + server.state->name + " is " + std::string(name_of(transition.to)),
             {{"pool", server.pool},
              {"server", server.state->name},
              {"from", std::string(name_of(transition.from))},
              {"to", std::string(name_of(transition.to))},
              {"why", why},
              {"sessions", std::int64_t{server.state->sessions.load()}}});
  if (transition.to == Fitness::Down) {
    const auto& times = server.settings.down;
    dead_[server.state->id] = {server.state, server.pool,
                               net::now() + (transition.hard ? times.grace : times.close_after),
                               transition.hard};
  } else {
    dead_.erase(server.state->id);
  }
  if (changed_) changed_();
  if (transition.to == Fitness::Suspect) return;
  on_each_session([](proxy::Session& session) { session.tell_verdict(); });
}

// A server that lives again has its sessions back; one that does not has none to wait for.
void Farm::end_sessions_of_the_dead(TimePoint now) {
  for (auto& [id, dead] : dead_) {
    if (now < dead.due) continue;
    dead.state->lost.store(true);
    const auto sessions = dead.state->sessions.load();
    if (sessions == 0) continue;
    if (!std::exchange(dead.ended, true)) {
      log_.write(Level::Warn, "the sessions of a server that is down are ended",
                 {{"pool", dead.pool}, {"server", dead.state->name}, {"sessions", std::int64_t{sessions}}});
    }
    dead.due = now + seconds(1);  // for one that came to be meanwhile
    // One that only seems dead may thaw: an idle session waits for that, until it has something to ask.
    const auto idle = dead.hard ? proxy::Session::Idle::Ends : proxy::Session::Idle::Stays;
    on_each_session([id = id, idle](proxy::Session& session) { session.lose_server(id, idle); });
  }
}

// It lives and stays in service; only what was pinned to it is void.
void Farm::on_restart(const health::Watched& server) {
  const auto* entry = snapshot_->pool(server.pool);
  const auto pins = entry ? entry->pool->shells().end_all(server.state->id) : 0;
  log_.write(Level::Warn, "server " + server.state->name + " has restarted: it does not know shells in use",
             {{"pool", server.pool},
              {"server", server.state->name},
              {"pins_dropped", static_cast<std::int64_t>(pins)}});
}

void Farm::on_certificate_ends(const health::Watched& server, seconds left) {
  log_.write(Level::Warn,
             left.count() > 0 ? "a server's certificate ends soon" : "a server's certificate has expired",
             {{"pool", server.pool},
              {"server", server.state->name},
              {"hours_left", std::int64_t{left.count() / 3600}}});
}

void Farm::on_each_session(const std::function<void(proxy::Session&)>& visit) {
  for (const auto& worker : workers_)
    worker->post([visit](Worker& here) { here.context().sessions.each(visit); });
}

// ---- what sessions say
// ------------------------------------------------------------------------------------------

void Farm::report_connect_failure(ServerId server, ErrorCode code) {
  boost::asio::post(io_, [this, server, code] {
    const auto evidence = code == ErrorCode::ConnectRefused   ? health::Evidence::Refused
                          : code == ErrorCode::ConnectTimeout ? health::Evidence::TimedOut
                                                              : health::Evidence::Unreachable;
    watch_.connect_failed(server, {evidence, "a session's connect: " + std::string(name_of(code))});
  });
}

void Farm::report_passive(ServerId server, health::PassiveSignal signal, const Uuid& shell) {
  boost::asio::post(io_, [this, server, signal, shell] { watch_.passive(server, signal, shell); });
}

}  // namespace winrmlb::app
