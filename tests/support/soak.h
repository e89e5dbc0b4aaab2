// How much of its full count a soak runs: WINRMLB_SOAK, in per cent. test.sh sets 2 for the short form (1/50)
// and 100 with --full; a test started by hand runs the short form.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "winrmlb/core/text.h"

namespace winrmlb::tests {

inline std::uint64_t soak_count(std::uint64_t full) {
  const char* set = std::getenv("WINRMLB_SOAK");
  const auto percent = set ? parse_unsigned(set, 1000).value_or(2) : 2;
  return std::max<std::uint64_t>(1, full * percent / 100);
}

}  // namespace winrmlb::tests
