// Strict base64 (RFC 4648 4): the standard alphabet, whole quanta, padding only at the end, no stray bits.
// And base64url without padding (RFC 4648 5, 3.2), as strict, for what stands in URIs and cookies.
//
// Pure, any thread. Strict because two texts that give the same bytes would be two names of one secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb {

enum class Base64 : std::uint8_t { Standard, Url };

/// The value of a base64 digit, or -1.
constexpr int base64_digit(char c, Base64 kind = Base64::Standard) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == (kind == Base64::Standard ? '+' : '-')) return 62;
  if (c == (kind == Base64::Standard ? '/' : '_')) return 63;
  return -1;
}

/// Gives each decoded byte to `take(char)`. False if `text` is not base64; what came before the flaw was
/// given.
template <typename Take>
constexpr bool decode_base64(std::string_view text, Take take, Base64 kind = Base64::Standard) {
  if (kind == Base64::Standard && text.size() % 4 != 0) return false;
  while (!text.empty()) {
    auto quantum = text.substr(0, 4);
    text.remove_prefix(quantum.size());
    if (kind == Base64::Standard && text.empty() && quantum.back() == '=')
      quantum.remove_suffix(quantum[2] == '=' ? 2 : 1);
    std::uint32_t bits = 0;
    for (const char c : quantum) {
      const int digit = base64_digit(c, kind);
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

inline std::optional<std::string> decode_base64(std::string_view text, Base64 kind = Base64::Standard) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 3);
  if (!decode_base64(
          text, [&bytes](char c) { bytes += c; }, kind))
    return std::nullopt;
  return bytes;
}

inline std::string encode_base64(std::string_view bytes, Base64 kind = Base64::Standard) {
  static constexpr char kStandard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static constexpr char kUrl[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const char* digits = kind == Base64::Standard ? kStandard : kUrl;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6)
      text += digits[bits >> (held - 6) & 63];
  }
  if (held != 0) text += digits[bits << (6 - held) & 63];
  while (kind == Base64::Standard && text.size() % 4 != 0)
    text += '=';
  return text;
}

}  // namespace winrmlb
