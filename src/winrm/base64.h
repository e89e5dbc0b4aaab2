// Strict base64 (RFC 4648 4): the standard alphabet, whole quanta, padding only at the end, no stray bits.
// Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::winrm {

/// The value of a base64 digit, or -1.
constexpr int base64_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

/// Gives each decoded byte to `take(char)`. False if `text` is not base64; what came before the flaw was
/// given.
template <typename Take>
constexpr bool decode_base64(std::string_view text, Take take) {
  if (text.size() % 4 != 0) return false;
  while (!text.empty()) {
    auto quantum = text.substr(0, 4);
    text.remove_prefix(4);
    if (text.empty() && quantum.back() == '=') quantum.remove_suffix(quantum[2] == '=' ? 2 : 1);
    std::uint32_t bits = 0;
    for (const char c : quantum) {
      const int digit = base64_digit(c);
      if (digit < 0) return false;
      bits = bits << 6 | static_cast<std::uint32_t>(digit);
    }
    switch (quantum.size()) {
      case 4:
        take(static_cast<char>(bits >> 16 & 0xff));
        take(static_cast<char>(bits >> 8 & 0xff));
        take(static_cast<char>(bits & 0xff));
        break;
      case 3:
        if ((bits & 3) != 0) return false;
        take(static_cast<char>(bits >> 10 & 0xff));
        take(static_cast<char>(bits >> 2 & 0xff));
        break;
      case 2:
        if ((bits & 15) != 0) return false;
        take(static_cast<char>(bits >> 4 & 0xff));
        break;
      default:
        return false;
    }
  }
  return true;
}

inline std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  if (!decode_base64(text, [&bytes](char c) { bytes += c; })) return std::nullopt;
  return bytes;
}

}  // namespace winrmlb::winrm
