#include "winrmlb/app/snapshot_builder.h"

#include <algorithm>
#include <thread>

#include "winrmlb/health/state.h"
#include "winrmlb/net/gss_login.h"
#include "winrmlb/net/resolve.h"

namespace winrmlb::app {

namespace {

// Better no start than checks that fail on every server for a reason of ours.
Status login_is_usable(const config::Pool& pool) {
  const auto& probes = pool.health.probe;
  if (std::none_of(probes.begin(), probes.end(), health::logs_in)) return Done{};
  std::optional<net::GssMechanism> mechanism;
  switch (pool.health.account.scheme) {
    case config::AccountScheme::Basic:
      break;
    case config::AccountScheme::Ntlm:
      mechanism = net::GssMechanism::Ntlm;
      break;
    case config::AccountScheme::Negotiate:
      mechanism = net::GssMechanism::Negotiate;
      break;
    case config::AccountScheme::Kerberos:
      mechanism = net::GssMechanism::Kerberos;
      break;
  }
  if (!mechanism) return Done{};
  auto usable = net::GssLogin::available(*mechanism);
  if (usable) return Done{};
  return Error{ErrorCode::Config, Side::Local,
               "pools." + pool.name + ".health.account.scheme: " + usable.error().detail};
}

}  // namespace

Result<std::shared_ptr<const proxy::Snapshot>> SnapshotBuilder::build(const config::Settings& settings,
                                                                      const proxy::Snapshot* predecessor) {
  if (workers_ == 0)
    workers_ = settings.workers != 0 ? settings.workers : std::max(1U, std::thread::hardware_concurrency());
  auto snapshot = std::make_shared<proxy::Snapshot>();
  snapshot->settings = settings;
  snapshot->limits = {.head_bytes = settings.limits.head_bytes,
                      .fields = settings.limits.fields,
                      .target_bytes = settings.limits.target_bytes,
                      .body_bytes = settings.limits.body_bytes};
  std::vector<std::shared_ptr<const net::TlsContext>> server_contexts;
  std::vector<std::shared_ptr<const proxy::CookieKeys>> cookie_keys;
  for (const auto& pool : settings.pools) {
    if (auto usable = login_is_usable(pool); !usable) return std::move(usable).error();
    auto context = net::TlsContext::for_servers(pool.server_tls);
    if (!context) return context.error();
    server_contexts.push_back(*context);
    cookie_keys.emplace_back();
    if (pool.affinity.cookie.key_file.empty()) continue;
    auto keys = proxy::CookieKeys::load(pool.affinity.cookie.key_file);
    if (!keys) return std::move(keys).error();
    cookie_keys.back() = std::make_shared<const proxy::CookieKeys>(std::move(*keys));
  }
  for (const auto& listener : settings.listeners) {
    proxy::ListenerEntry entry{.id = listener_id(listener), .settings = listener};
    while (settings.pools[entry.pool].name != listener.pool)
      ++entry.pool;
    const auto* before = predecessor ? predecessor->listener(entry.id) : nullptr;
    entry.admission = before ? before->admission : std::make_shared<balance::Admission>();
    if (listener.tls && listener.tls->mode == config::TlsMode::Terminate) {
      auto context = net::TlsContext::for_listener(*listener.tls);
      if (!context) return context.error();
      entry.tls = *context;
    }
    snapshot->listeners.push_back(std::move(entry));
  }
  for (const auto& route : settings.routes) {
    std::size_t pool = 0;
    while (settings.pools[pool].name != route.pool)
      ++pool;
    snapshot->route_pools.push_back(pool);
  }
  for (std::size_t i = 0; i < settings.pools.size(); ++i) {
    auto entry = build_pool(settings.pools[i], settings, predecessor);
    entry.server_tls = server_contexts[i];
    entry.cookie_keys = cookie_keys[i];
    snapshot->pools.push_back(std::move(entry));
  }
  snapshot->revision = predecessor ? predecessor->revision + 1 : 1;
  return std::shared_ptr<const proxy::Snapshot>(std::move(snapshot));
}

Result<std::shared_ptr<const proxy::Snapshot>> SnapshotBuilder::renew(const proxy::Snapshot& current) {
  auto snapshot = std::make_shared<proxy::Snapshot>(current);
  for (auto& listener : snapshot->listeners) {
    if (!listener.tls) continue;
    auto context = net::TlsContext::for_listener(*listener.settings.tls);
    if (!context) return std::move(context).error();
    listener.tls = *context;
  }
  for (auto& pool : snapshot->pools) {
    auto context = net::TlsContext::for_servers(pool.pool->settings().server_tls);
    if (!context) return std::move(context).error();
    pool.server_tls = *context;
  }
  return std::shared_ptr<const proxy::Snapshot>(std::move(snapshot));
}

void SnapshotBuilder::commit(const proxy::Snapshot& snapshot) {
  for (const auto& entry : snapshot.pools)
    entry.pool->commit();
}

// What is kept up to date as time goes by need not be asked for again, and must not be lost.
std::optional<IpAddress> SnapshotBuilder::address_of(const config::Server& server, const config::Pool& pool,
                                                     const std::vector<std::string>& name_servers,
                                                     const proxy::PoolEntry* old) {
  std::optional<IpAddress> last;
  if (old) {
    const auto& members = old->pool->members();
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (members[i].settings.name == server.name && members[i].settings.host == server.host)
        last = old->targets[i].address;
    }
  }
  if (last && pool.resolve_every != seconds(0)) return last;
  auto found = net::resolve(server.host, name_servers);
  if (found) return found->addresses.front();
  log_.write(telemetry::Level::Warn,
             last ? "a server's name has no address any more; its last one stays in use"
             : pool.resolve_every != seconds(0)
                 ? "a server's name has no address; it stays down until it has one"
                 : "a server's name has no address; it stays down until a reload finds one",
             {{"pool", pool.name}, {"server", server.name}, {"detail", found.error().detail}});
  return last;
}

proxy::PoolEntry SnapshotBuilder::build_pool(const config::Pool& settings, const config::Settings& all,
                                             const proxy::Snapshot* predecessor) {
  const auto id =
      pool_ids_.emplace(settings.name, PoolId(static_cast<std::uint16_t>(pool_ids_.size()))).first->second;
  const auto* old = predecessor ? predecessor->pool(settings.name) : nullptr;
  proxy::PoolEntry entry;
  entry.pool =
      std::make_shared<balance::Pool>(id, settings, all.limits.affinity_entries,
                                      old ? old->pool.get() : nullptr, next_server_id_, all.limits.pins);
  for (const auto& server : settings.servers) {
    proxy::Target target{.port = server.port, .tls_port = server.tls_port};
    target.address = address_of(server, settings, all.name_servers, old);
    entry.targets.push_back(target);
  }
  hand_on_traffic(entry, old);
  return entry;
}

// Counters go on for what goes on: the pool by its name, a server as long as it is the same one.
void SnapshotBuilder::hand_on_traffic(proxy::PoolEntry& entry, const proxy::PoolEntry* old) const {
  entry.traffic = old ? old->traffic : std::make_shared<proxy::PerWorker<proxy::PoolTraffic>>(workers_);
  for (const auto& member : entry.pool->members()) {
    std::shared_ptr<proxy::PerWorker<proxy::ServerTraffic>> known;
    for (std::size_t i = 0; old && i < old->pool->members().size(); ++i) {
      if (old->pool->members()[i].state->id == member.state->id) known = old->server_traffic[i];
    }
    if (!known) known = std::make_shared<proxy::PerWorker<proxy::ServerTraffic>>(workers_);
    entry.server_traffic.push_back(std::move(known));
  }
}

// A listener is known by the address it is bound to; by its name where the kernel chooses the port.
ListenerId SnapshotBuilder::listener_id(const config::Listener& listener) {
  const std::string identity = listener.bind.port == 0 ? listener.name : listener.bind.text();
  return listener_ids_.emplace(identity, ListenerId(static_cast<std::uint16_t>(listener_ids_.size())))
      .first->second;
}

}  // namespace winrmlb::app
