// SaltedHash: for tables whose keys the other end chooses. With a salt of each table's own nobody can fill
// one stripe or one bucket on purpose.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

#include "winrmlb/core/address.h"
#include "winrmlb/core/hash.h"
#include "winrmlb/core/uuid.h"

namespace winrmlb::balance {

struct SaltedHash {
  using is_transparent = void;

  std::uint64_t salt[2];

  static SaltedHash random() {
    std::random_device source;
    const auto word = [&] { return static_cast<std::uint64_t>(source()) << 32 | source(); };
    return {{word(), word()}};
  }

  std::uint64_t of(std::uint64_t high, std::uint64_t low) const noexcept {
    return mix64(mix64(high ^ salt[0]) + (low ^ salt[1]));
  }
  std::size_t operator()(const ClientAddress& client) const noexcept {
    // Not ClientAddress::hash(), which anybody can compute: salting after it would keep its collisions.
    std::uint64_t half[2];
    static_assert(sizeof half == sizeof(client.ip().bytes()));
    std::memcpy(half, client.ip().bytes().data(), sizeof half);
    return of(half[0], half[1]);
  }
  std::size_t operator()(const Uuid& id) const noexcept { return of(id.high(), id.low()); }
  std::size_t operator()(std::string_view text) const noexcept {
    std::uint64_t hash = salt[0] ^ text.size();
    while (!text.empty()) {
      const auto bytes = text.substr(0, sizeof hash);
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), bytes.size());
      hash = mix64(hash ^ word) + salt[1];
      text.remove_prefix(bytes.size());
    }
    return mix64(hash);
  }
};

}  // namespace winrmlb::balance
