// Reload: another configuration takes over in the running process.
//
// The file is read and checked, a snapshot built beside the running one and new addresses bound, before
// anything that is in use changes; a mistake anywhere leaves the old configuration in force, as it was.
// Exchanges end with the snapshot that they began with.
#include <utility>

#include "winrmlb/app/control.h"
#include "winrmlb/app/log_options.h"
#include "winrmlb/app/restart_keys.h"
#include "winrmlb/config/load.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::app {

using telemetry::Level;

Status Control::reload() {
  if (shutdown_.is_ending()) {
    log_.write(Level::Warn, "not reloaded: this process is ending", {});
    return Error{ErrorCode::System, Side::Local, "this process is ending; another one may serve by now"};
  }
  notifier_.reloading();
  log_.reopen();
  access_sink_.reopen();
  auto loaded = config::load_file(options_.config_file);
  Status status = Done{};
  if (!loaded.settings) {
    std::string all;
    for (const auto& mistake : loaded.mistakes)
      all += (all.empty() ? "" : "\n") + config::render(mistake);
    status = Error{ErrorCode::Config, Side::Local, all};
  } else {
    for (const auto& warning : loaded.warnings)
      log_.write(Level::Warn, config::render(warning), {});
    status = apply(*loaded.settings);
  }
  last_reload_.succeeded = static_cast<bool>(status);
  last_reload_.at = net::wall_now();
  last_reload_.error = status ? "" : status.error().detail;
  ++(status ? last_reload_.successes : last_reload_.failures);
  if (status) {
    log_.write(Level::Info, "reloaded", {{"revision", static_cast<std::int64_t>(snapshot_->revision)}});
  } else {
    log_.write(Level::Error, "the new configuration is not used; the old one goes on",
               {{"detail", status.error().detail}});
  }
  notifier_.ready();
  return status;
}

namespace {

// Of two sockets for one port, of which one takes all addresses.
bool overlap(const Endpoint& a, const Endpoint& b) noexcept {
  const auto takes_all = [](const Endpoint& one) {
    return one.address == IpAddress() || one.address == IpAddress::from_v4(0);
  };
  return a.port == b.port && a.port != 0 && (a.address == b.address || takes_all(a) || takes_all(b));
}

}  // namespace

Status Control::apply(const config::Settings& settings) {
  auto built = builder_.build(settings, snapshot_.get());
  if (!built) return built.error();
  const auto next = *built;
  // New addresses are bound before anything changes, so that one that is taken leaves all as it was.
  std::map<ListenerId, net::ListeningSockets> added;
  std::map<ListenerId, std::vector<std::vector<net::Descriptor>>> shares;
  for (const auto& listener : next->listeners) {
    if (bound_.contains(listener.id)) continue;
    const bool takes_over = std::any_of(bound_.begin(), bound_.end(), [&](const auto& own) {
      return !next->listener(own.first) && overlap(own.second.bound, listener.settings.bind);
    });
    auto sockets = net::listen_on(listener.settings.bind, workers_.size(),
                                  takes_over ? net::Beside::OwnSockets : net::Beside::Nobody);
    if (!sockets) return sockets.error();
    auto shared = share_out(*sockets, workers_.size());
    if (!shared) return shared.error();
    added[listener.id] = std::move(*sockets);
    shares[listener.id] = std::move(*shared);
  }
  // The last thing that can fail.
  if (auto adopted = desk_->adopt(settings.admin); !adopted) return adopted;
  SnapshotBuilder::commit(*next);
  std::vector<ListenerId> removed;
  for (const auto& [id, sockets] : bound_) {
    if (!next->listener(id)) removed.push_back(id);
  }
  std::vector<ListenerId> replaced;
  for (const auto id : removed) {
    const auto gone = bound_.extract(id);
    const bool is_replaced = std::any_of(added.begin(), added.end(), [&](const auto& fresh) {
      return overlap(fresh.second.bound, gone.mapped().bound);
    });
    if (is_replaced) replaced.push_back(id);
  }
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto sockets = std::make_shared<std::map<ListenerId, std::vector<net::Descriptor>>>();
    for (auto& [id, share] : shares)
      sockets->emplace(id, std::move(share[i]));
    workers_[i]->post([next, was = snapshot_, removed, replaced, sockets](Worker& worker) {
      worker.context().snapshot = next;
      for (const auto id : replaced)
        worker.hand_on(id, was);
      for (const auto id : removed)
        worker.stop_listening(id);
      for (auto& [id, share] : *sockets) {
        for (auto& socket : share)
          worker.listen(id, std::move(socket));
      }
    });
  }
  for (auto& [id, listening] : added)
    bound_[id] = std::move(listening);
  for (const auto& key : keys_for_a_restart(settings_at_start_, settings)) {
    log_.write(Level::Warn, "a change of " + key + " needs a restart", {{"key", key}});
  }
  log_.set_level(log_options(settings.log).level);
  login_guard_.set_settings(settings.login_guard);
  settings_ = settings;
  snapshot_ = next;
  farm_.adopt(snapshot_);
  keeper_.adopt(snapshot_);
  names_.adopt(*snapshot_);
  return Done{};
}

// A server's name leads elsewhere: the same snapshot but for that address.
void Control::retarget(const std::string& pool, const std::string& server, const IpAddress& address) {
  auto next = std::make_shared<proxy::Snapshot>(*snapshot_);
  for (auto& entry : next->pools) {
    if (entry.pool->name() != pool) continue;
    for (std::size_t i = 0; i < entry.targets.size(); ++i) {
      if (entry.pool->members()[i].settings.name == server) entry.targets[i].address = address;
    }
  }
  snapshot_ = std::move(next);
  for (auto& worker : workers_) {
    worker->post([snapshot = snapshot_](Worker& here) { here.context().snapshot = snapshot; });
  }
  farm_.adopt(snapshot_);
}

}  // namespace winrmlb::app
