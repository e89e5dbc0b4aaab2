// ClientPins: addresses that an operator has given to a server by command (`winrm-lb pin`).
//
// One per pool, handed on across reloads, any thread. Asked for addresses that have to be assigned, not for
// those that stay where they are; without a pin that costs one look at an atomic. Bounded.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"

namespace winrmlb::balance {

class ClientPins {
 public:
  static constexpr std::size_t kMost = 10'000;

  std::optional<ServerId> of(const ClientAddress& client) const;
  /// False: there are too many.
  bool pin(const ClientAddress& client, ServerId server);
  bool unpin(const ClientAddress& client);
  void unpin_all(ServerId server);
  std::vector<std::pair<ClientAddress, ServerId>> all() const;

 private:
  mutable std::mutex lock_;
  std::map<ClientAddress, ServerId> pins_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace winrmlb::balance
