// Weighted rendezvous hashing: every balancer ranks the servers for a client in the same order, without a
// word.
//
// Each server draws a number for the client, an exponential variate -log2(u) from a hash of both names; the
// lowest draw per weight wins. A server that goes takes only its own clients with it, and a server of twice
// the weight gets twice the clients. Integers throughout: a logarithm of the C library may differ in its last
// bit from one machine to the next, and two balancers must never disagree. Pure, any thread.
#pragma once

#include <cstdint>

namespace winrmlb::balance {

/// A server in the ranking.
struct Contender {
  std::uint64_t name_hash = 0;  // stable_hash() of its name in the configuration
  std::uint16_t weight = 0;     // 0: ranks behind all others
};

/// -log2 of the pair's hash taken as a fraction of 2^64, in units of 2^-40: 0 < draw <= 64 * 2^40.
std::uint64_t rendezvous_draw(std::uint64_t client_hash, std::uint64_t name_hash) noexcept;

/// Whether the client prefers `a` to `b`. A strict total order as long as the names differ.
bool ranks_before(std::uint64_t client_hash, const Contender& a, const Contender& b) noexcept;

}  // namespace winrmlb::balance
