#include "winrmlb/balance/client_pins.h"

namespace winrmlb::balance {

std::optional<ServerId> ClientPins::of(const ClientAddress& client) const {
  if (count_.load(std::memory_order_relaxed) == 0) return std::nullopt;
  const std::lock_guard guard(lock_);
  const auto found = pins_.find(client);
  return found == pins_.end() ? std::nullopt : std::optional(found->second);
}

bool ClientPins::pin(const ClientAddress& client, ServerId server) {
  const std::lock_guard guard(lock_);
  if (pins_.size() >= kMost && !pins_.contains(client)) return false;
  pins_[client] = server;
  count_ = pins_.size();
  return true;
}

bool ClientPins::unpin(const ClientAddress& client) {
  const std::lock_guard guard(lock_);
  const bool was_there = pins_.erase(client) > 0;
  count_ = pins_.size();
  return was_there;
}

std::vector<std::pair<ClientAddress, ServerId>> ClientPins::all() const {
  if (count_.load(std::memory_order_relaxed) == 0) return {};
  const std::lock_guard guard(lock_);
  return {pins_.begin(), pins_.end()};
}

void ClientPins::unpin_all(ServerId server) {
  const std::lock_guard guard(lock_);
  std::erase_if(pins_, [server](const auto& pin) { return pin.second == server; });
  count_ = pins_.size();
}

}  // namespace winrmlb::balance
