// A character in UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <cstdint>

namespace winrmlb::winrm {

/// Writes at most four bytes; the number of them.
inline std::size_t put_utf8(char* out, std::uint32_t character) noexcept {
  if (character < 0x80) {
    out[0] = static_cast<char>(character);
    return 1;
  }
  const std::size_t size = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (auto i = size - 1; i > 0; --i) {
    out[i] = static_cast<char>(0x80 | (character & 0x3F));
    character >>= 6;
  }
  out[0] = static_cast<char>((0xF00 >> size) | character);
  return size;
}

}  // namespace winrmlb::winrm
