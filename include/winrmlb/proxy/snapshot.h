// Snapshot: everything that routing needs of one configuration, compiled: pools, listeners, TLS contexts,
// addresses.
//
// Immutable, built by app at start and reload, shared by all workers as shared_ptr<const Snapshot>. An
// exchange reads it once and keeps what it began with; what lasts across reloads (server states, affinity)
// hangs below the pools.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "winrmlb/balance/admission.h"
#include "winrmlb/balance/pool.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/http/limits.h"
#include "winrmlb/net/tls.h"
#include "winrmlb/proxy/cookie.h"
#include "winrmlb/proxy/routes.h"
#include "winrmlb/proxy/traffic.h"

namespace winrmlb::proxy {

/// Where a server is reached, resolved at load.
struct Target {
  std::optional<IpAddress> address;  // nothing: its name did not resolve
  Endpoint plain() const { return {*address, port}; }
  Endpoint tls() const { return {*address, tls_port}; }
  std::uint16_t port = 0;
  std::uint16_t tls_port = 0;
};

struct PoolEntry {
  std::shared_ptr<balance::Pool> pool;
  std::vector<Target> targets;                        // in the order of pool->members()
  std::shared_ptr<const net::TlsContext> server_tls;  // always there; used by TLS listeners' sessions
  std::shared_ptr<const CookieKeys> cookie_keys;      // null: no session cookie
  std::shared_ptr<PerWorker<PoolTraffic>> traffic;
  std::vector<std::shared_ptr<PerWorker<ServerTraffic>>> server_traffic;  // as targets

  const Target* target(ServerId id) const noexcept;
  /// A worker's counters; null for a server that a reload has taken out.
  ServerTraffic* traffic_of(ServerId id, std::size_t worker) const noexcept;
};

struct ListenerEntry {
  ListenerId id;
  config::Listener settings;
  std::size_t pool = 0;                        // index into Snapshot::pools
  std::shared_ptr<const net::TlsContext> tls;  // null: plain, or TLS that is only relayed
  std::shared_ptr<balance::Admission> admission;

  bool relays_tls() const noexcept {
    return settings.tls && settings.tls->mode == config::TlsMode::Passthrough;
  }
};

struct Snapshot {
  std::uint64_t revision = 0;
  config::Settings settings;
  http::Limits limits;
  std::vector<PoolEntry> pools;
  std::vector<ListenerEntry> listeners;
  std::vector<std::size_t> route_pools;  // of settings.routes: index into pools

  /// Where a client goes: by the first route that holds, else as its listener says. An index into `pools`.
  std::size_t pool_of(const ListenerEntry& entry, const RouteFacts& facts) const {
    const auto route = first_route(settings.routes, facts);
    return route ? route_pools[*route] : entry.pool;
  }
  const ListenerEntry* listener(ListenerId id) const noexcept;
  const PoolEntry* pool(std::string_view name) const noexcept;
};

}  // namespace winrmlb::proxy
