// The limits of one HTTP message. Every one is tested at n and at n + 1.
#pragma once

#include <cstdint>

namespace winrmlb::http {

struct Limits {
  std::uint32_t head_bytes = 64 * 1024;  // start line, fields and the empty line
  std::uint16_t fields = 100;
  std::uint32_t target_bytes = 8 * 1024;
  std::uint64_t body_bytes = 0;  // 0: none
};

/// The longest method that is not refused; the registered ones have at most 17 letters.
inline constexpr std::uint32_t kMethodBytes = 32;
/// A chunk-size line with its extensions, and a trailer section, are bounded for themselves.
inline constexpr std::uint32_t kChunkLineBytes = 256;     // without its CRLF
inline constexpr std::uint32_t kTrailerBytes = 8 * 1024;  // its lines; the empty one that ends it not counted
/// Hexadecimal digits of a chunk size, leading zeros included.
inline constexpr std::uint8_t kChunkSizeDigits = 16;

}  // namespace winrmlb::http
