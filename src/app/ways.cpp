#include "ways.h"

namespace winrmlb::app {

namespace {

// A route may lead a listener's clients to a pool that the listener does not name.
bool leads_to(const proxy::Snapshot& snapshot, const proxy::ListenerEntry& listener,
              const proxy::PoolEntry& pool) {
  if (&snapshot.pools[listener.pool] == &pool) return true;
  for (std::size_t i = 0; i < snapshot.route_pools.size(); ++i) {
    const auto& route = snapshot.settings.routes[i];
    const bool may_hold = (route.listener.empty() || route.listener == listener.settings.name) &&
                          (route.sni.empty() || listener.settings.tls);
    if (may_hold && &snapshot.pools[snapshot.route_pools[i]] == &pool) return true;
  }
  return false;
}

}  // namespace

Ways ways_to(const proxy::Snapshot& snapshot, const proxy::PoolEntry& pool) {
  Ways ways;
  for (const auto& listener : snapshot.listeners) {
    if (leads_to(snapshot, listener, pool)) (listener.settings.tls ? ways.tls : ways.plain) = true;
  }
  return ways;
}

}  // namespace winrmlb::app
