// UserCounts: how many open shells a user has on a server. Any thread; its locks are the last ones taken, so
// it may be asked under any other.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "folded_key.h"
#include "salted_hash.h"

namespace winrmlb::balance {

class UserCounts {
 public:
  explicit UserCounts(SaltedHash hash) : hash_(hash) {}

  /// A user who is not visible is not counted.
  void add(std::string_view user, ServerId server) {
    if (user.empty()) return;
    const auto key = FoldedKey().add(server).add(user);
    auto& share = share_of(key);
    const std::lock_guard lock(share.mutex);
    const auto found = share.counts.find(key.view());
    if (found != share.counts.end()) {
      ++found->second;
    } else {
      share.counts.emplace(key.view(), 1);
    }
  }

  void remove(std::string_view user, ServerId server) noexcept {
    if (user.empty()) return;
    const auto key = FoldedKey().add(server).add(user);
    auto& share = share_of(key);
    const std::lock_guard lock(share.mutex);
    const auto found = share.counts.find(key.view());
    if (found != share.counts.end() && --found->second == 0) share.counts.erase(found);
  }

  std::uint32_t of(std::string_view user, ServerId server) const {
    if (user.empty()) return 0;
    const auto key = FoldedKey().add(server).add(user);
    auto& share = const_cast<UserCounts*>(this)->share_of(key);
    const std::lock_guard lock(share.mutex);
    const auto found = share.counts.find(key.view());
    return found == share.counts.end() ? 0 : found->second;
  }

 private:
  struct Share {
    std::mutex mutex;
    std::unordered_map<std::string, std::uint32_t, SaltedHash, std::equal_to<>> counts{0,
                                                                                       SaltedHash::random()};
  };

  Share& share_of(const FoldedKey& key) noexcept { return shares_[hash_(key.view()) % shares_.size()]; }

  SaltedHash hash_;
  std::array<Share, 16> shares_;
};

}  // namespace winrmlb::balance
