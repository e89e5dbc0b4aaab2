// ServerCounts: how many of something (sessions, shells) an address has at each server. One server is the
// rule, and needs no allocation; others come up when an address was moved while what it has at its old server
// goes on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "winrmlb/core/ids.h"

namespace winrmlb::balance {

class ServerCounts {
 public:
  void add(ServerId server) {
    ++total_;
    if (auto* held = find(server)) {
      ++held->count;
    } else if (first_.count == 0) {
      first_ = {server, 1};
    } else {
      others_.push_back({server, 1});
    }
  }

  /// False if there was none at that server.
  bool remove(ServerId server) noexcept {
    auto* held = find(server);
    if (held == nullptr) return false;
    --total_;
    if (--held->count == 0 && held != &first_) others_.erase(others_.begin() + (held - others_.data()));
    return true;
  }

  std::uint32_t at(ServerId server) const noexcept {
    const auto* held = const_cast<ServerCounts*>(this)->find(server);
    return held == nullptr ? 0 : held->count;
  }
  std::uint32_t total() const noexcept { return total_; }

 private:
  struct Held {
    ServerId server;
    std::uint32_t count = 0;
  };

  Held* find(ServerId server) noexcept {
    if (first_.count > 0 && first_.server == server) return &first_;
    const auto found =
        std::find_if(others_.begin(), others_.end(), [&](const Held& h) { return h.server == server; });
    return found == others_.end() ? nullptr : &*found;
  }

  Held first_;
  std::vector<Held> others_;
  std::uint32_t total_ = 0;
};

}  // namespace winrmlb::balance
