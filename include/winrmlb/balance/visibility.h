// Visibility: how much of the exchanges could be seen, by listener and by pool.
//
// What the balancer can do for a client depends on what it sees of him, and that depends on how he logs in,
// which an operator cannot tell from the configuration alone. Kept across reloads; any thread. What was seen
// once stays seen, so that noting it costs a look and no contention.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace winrmlb::balance {

enum class Tier : std::uint8_t {
  Connection,  // TLS that is relayed, or sealed messages: addresses, pairs, closes
  Header,      // no message that could be read: status, logins, cookies
  Body,        // SOAP: operations, shells, time limits, faults
};
inline constexpr std::size_t kTiers = static_cast<std::size_t>(Tier::Body) + 1;

constexpr std::string_view name_of(Tier tier) noexcept {
  switch (tier) {
    case Tier::Connection:
      return "connection";
    case Tier::Header:
      return "header";
    case Tier::Body:
      return "body";
  }
  return "unknown";
}

class SeenTiers {
 public:
  void note(Tier tier) noexcept {
    auto& seen = seen_[static_cast<std::size_t>(tier)];
    if (!seen.load(std::memory_order_relaxed)) seen.store(true, std::memory_order_relaxed);
  }
  bool seen(Tier tier) const noexcept {
    return seen_[static_cast<std::size_t>(tier)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<bool>, kTiers> seen_{};
};

}  // namespace winrmlb::balance
