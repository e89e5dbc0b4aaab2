// A stable 64-bit hash: the same bytes give the same number in every process, on every machine, for ever.
//
// Rendezvous hashing (balance/rendezvous.h) makes two balancers agree by it, so changing it moves clients.
// FNV-1a with a murmur finaliser: short inputs, well mixed, not for adversarial keys (tables salt on top).
#pragma once

#include <cstdint>
#include <string_view>

namespace winrmlb {

constexpr std::uint64_t mix64(std::uint64_t value) noexcept {
  value ^= value >> 33;
  value *= 0xff51afd7ed558ccdULL;
  value ^= value >> 33;
  value *= 0xc4ceb9fe1a85ec53ULL;
  value ^= value >> 33;
  return value;
}

constexpr std::uint64_t stable_hash(std::string_view bytes,
                                    std::uint64_t seed = 0xcbf29ce484222325ULL) noexcept {
  std::uint64_t hash = seed;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return mix64(hash);
}

}  // namespace winrmlb
