#include "winrmlb/app/snapshot_builder.h"

#include "winrmlb/net/resolve.h"

namespace winrmlb::app {

Result<std::shared_ptr<const proxy::Snapshot>> SnapshotBuilder::build(const config::Settings& settings,
                                                                      const proxy::Snapshot* predecessor) {
  auto snapshot = std::make_shared<proxy::Snapshot>();
  snapshot->settings = settings;
  snapshot->limits = {.head_bytes = settings.limits.head_bytes,
                      .fields = settings.limits.fields,
                      .target_bytes = settings.limits.target_bytes,
                      .body_bytes = settings.limits.body_bytes};
  std::vector<std::shared_ptr<const net::TlsContext>> server_contexts;
  std::vector<std::shared_ptr<const proxy::CookieKeys>> cookie_keys;
  for (const auto& pool : settings.pools) {
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
    auto entry = build_pool(settings.pools[i], settings.limits, predecessor);
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

proxy::PoolEntry SnapshotBuilder::build_pool(const config::Pool& settings, const config::Limits& limits,
                                             const proxy::Snapshot* predecessor) {
  const auto id =
      pool_ids_.emplace(settings.name, PoolId(static_cast<std::uint16_t>(pool_ids_.size()))).first->second;
  const auto* old = predecessor ? predecessor->pool(settings.name) : nullptr;
  proxy::PoolEntry entry;
  entry.pool = std::make_shared<balance::Pool>(id, settings, limits.affinity_entries,
                                               old ? old->pool.get() : nullptr, next_server_id_, limits.pins);
  for (const auto& server : settings.servers) {
    proxy::Target target{.port = server.port, .tls_port = server.tls_port};
    auto addresses = net::resolve(server.host);
    if (addresses) {
      target.address = addresses->front();
    } else {
      log_.write(telemetry::Level::Warn,
                 "a server's name has no address; it stays down until a reload finds one",
                 {{"pool", settings.name}, {"server", server.name}, {"detail", addresses.error().detail}});
    }
    entry.targets.push_back(target);
  }
  return entry;
}

// A listener is known by the address it is bound to; by its name where the kernel chooses the port.
ListenerId SnapshotBuilder::listener_id(const config::Listener& listener) {
  const std::string identity = listener.bind.port == 0 ? listener.name : listener.bind.text();
  return listener_ids_.emplace(identity, ListenerId(static_cast<std::uint16_t>(listener_ids_.size())))
      .first->second;
}

}  // namespace winrmlb::app
