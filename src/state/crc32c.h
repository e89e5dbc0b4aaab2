// CRC-32C (Castagnoli), as iSCSI and ext4 use it: RFC 3720 12.1.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace winrmlb::state {

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82f63b78U : 0U);
    table[i] = value;
  }
  return table;
}();

constexpr std::uint32_t crc32c(std::string_view bytes) noexcept {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char byte : bytes)
    crc = kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xffU] ^ (crc >> 8);
  return ~crc;
}

static_assert(crc32c("123456789") == 0xe3069283U);

}  // namespace winrmlb::state
