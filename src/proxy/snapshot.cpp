#include "winrmlb/proxy/snapshot.h"

namespace winrmlb::proxy {

const Target* PoolEntry::target(ServerId id) const noexcept {
  const auto& members = pool->members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].state->id == id) return &targets[i];
  }
  return nullptr;
}

ServerTraffic* PoolEntry::traffic_of(ServerId id, std::size_t worker) const noexcept {
  const auto& members = pool->members();
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].state->id == id) return &server_traffic[i]->of(worker);
  }
  return nullptr;
}

const ListenerEntry* Snapshot::listener(ListenerId id) const noexcept {
  for (const auto& entry : listeners) {
    if (entry.id == id) return &entry;
  }
  return nullptr;
}

const PoolEntry* Snapshot::pool(std::string_view name) const noexcept {
  for (const auto& entry : pools) {
    if (entry.pool->name() == name) return &entry;
  }
  return nullptr;
}

}  // namespace winrmlb::proxy
