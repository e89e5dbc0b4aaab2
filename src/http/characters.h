// The character classes of RFC 9110 5.5, 5.6.2 and RFC 9112 3, as tables and as a scan over eight bytes at a
// time.
//
// Pure, internal to http. The scan is what long values (a Kerberos token has several KiB) are read with.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace winrmlb::http {

enum CharacterClass : std::uint8_t {
  kToken = 1,   // tchar
  kTarget = 2,  // visible ASCII
  kValue = 4,   // visible, obs-text, space, tab
  kHost = 8,    // of a reg-name, an IP literal and a port
};

constexpr std::array<std::uint8_t, 256> make_character_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const auto among = [c](std::string_view set) { return set.find(static_cast<char>(c)) != set.npos; };
    unsigned bits = 0;
    if (alphanumeric || (c != 0 && among("!#$%&'*+-.^_`|~"))) bits |= kToken;
    if (c > 0x20 && c < 0x7f) bits |= kTarget;
    if ((c >= 0x20 && c != 0x7f) || c == '\t') bits |= kValue;
    if (alphanumeric || (c != 0 && among("-._~!$&'()*+;=%:[]"))) bits |= kHost;
    classes[c] = static_cast<std::uint8_t>(bits);
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kCharacterClasses = make_character_classes();

constexpr bool is(CharacterClass wanted, char c) noexcept {
  return (kCharacterClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

constexpr bool all_are(CharacterClass wanted, std::string_view text) noexcept {
  for (const char c : text) {
    if (!is(wanted, c)) return false;
  }
  return true;
}

/// The first byte in [at, end) that may not stand in a field value, or `end`.
inline const char* skip_value(const char* at, const char* end) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
  for (;;) {
    while (end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      const std::uint64_t deletes = word ^ (kOnes * 0x7f);
      const std::uint64_t low = (word - kOnes * 0x20) & ~word & kHighs;     // some byte is below 0x20
      const std::uint64_t deleted = (deletes - kOnes) & ~deletes & kHighs;  // some byte is 0x7f
      if ((low | deleted) != 0) {
        // Borrows only reach upwards, so in little-endian order the lowest hit is a true one.
        if constexpr (std::endian::native == std::endian::little) at += std::countr_zero(low | deleted) / 8;
        break;
      }
      at += 8;
    }
    while (at != end && is(kValue, *at) && *at != '\t')
      ++at;
    if (at == end || *at != '\t') return at;
    ++at;
  }
}

}  // namespace winrmlb::http
