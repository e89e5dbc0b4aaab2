#include "winrmlb/balance/rendezvous.h"

#include <bit>

#include "winrmlb/core/hash.h"

namespace winrmlb::balance {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kFractionBits = 40;

/// log2 of a number in [1, 2), given in units of 2^-63, one bit of the result per squaring.
std::uint64_t fraction_of_log2(std::uint64_t mantissa) noexcept {
  std::uint64_t fraction = 0;
  for (int bit = 0; bit < kFractionBits; ++bit) {
    const Wide square = static_cast<Wide>(mantissa) * mantissa;  // in units of 2^-126, in [1, 4)
    const bool two_or_more = (square >> 127) != 0;
    fraction = fraction << 1 | (two_or_more ? 1U : 0U);
    mantissa = static_cast<std::uint64_t>(square >> (two_or_more ? 64 : 63));
  }
  return fraction;
}

}  // namespace

std::uint64_t rendezvous_draw(std::uint64_t client_hash, std::uint64_t name_hash) noexcept {
  // The name is mixed once more by itself: xor of two plain hashes would let equal bits cancel out.
  auto hash = mix64(client_hash ^ mix64(name_hash + 0x9e3779b97f4a7c15ULL));
  if (hash == 0) hash = 1;
  const int leading = std::countl_zero(hash);
  const auto whole = static_cast<std::uint64_t>(leading + 1) << kFractionBits;
  return whole - fraction_of_log2(hash << leading);
}

bool ranks_before(std::uint64_t client_hash, const Contender& a, const Contender& b) noexcept {
  if ((a.weight == 0) != (b.weight == 0)) return a.weight != 0;
  // draw / weight, compared by cross multiplication: 47 bits times 16 bits fit.
  const auto left = rendezvous_draw(client_hash, a.name_hash) * (b.weight == 0 ? 1U : b.weight);
  const auto right = rendezvous_draw(client_hash, b.name_hash) * (a.weight == 0 ? 1U : a.weight);
  return left != right ? left < right : a.name_hash < b.name_hash;
}

}  // namespace winrmlb::balance
