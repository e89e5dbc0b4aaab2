#include "winrmlb/winrm/xml_encoding.h"

#include "utf8.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace winrmlb::winrm {

namespace {

constexpr std::size_t kMostPerUnit = 4;

#ifdef __SSE2__
__m128i load_units(const char* from, bool is_big) noexcept {
  const __m128i units = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return is_big ? _mm_or_si128(_mm_slli_epi16(units, 8), _mm_srli_epi16(units, 8)) : units;
}

// Sixteen units at a time as long as they are ASCII and both sides have room; the number of units.
std::size_t narrow_ascii(const char* from, std::size_t units, char* to, std::size_t room,
                         bool is_big) noexcept {
  const __m128i beyond = _mm_set1_epi16(static_cast<short>(0xFF80));
  std::size_t done = 0;
  for (; units - done >= 16 && room - done >= 16; done += 16) {
    const __m128i low = load_units(from + 2 * done, is_big);
    const __m128i high = load_units(from + 2 * done + 16, is_big);
    const __m128i strange = _mm_and_si128(_mm_or_si128(low, high), beyond);
    if (_mm_movemask_epi8(_mm_cmpeq_epi16(strange, _mm_setzero_si128())) != 0xFFFF) break;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + done), _mm_packus_epi16(low, high));
  }
  return done;
}
#else
std::size_t narrow_ascii(const char*, std::size_t, char*, std::size_t, bool) noexcept { return 0; }
#endif

}  // namespace

void XmlEncoding::look(std::string_view bytes) noexcept {
  if (order_ != Order::Unknown) return;
  const auto known = static_cast<std::size_t>(has_held_);
  if (known + bytes.size() < 2) return;
  const auto first = static_cast<unsigned char>(has_held_ ? held_ : bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1 - known]);
  const bool is_little = (first == 0xFF && second == 0xFE) || (first == '<' && second == 0);
  const bool is_big = (first == 0xFE && second == 0xFF) || (first == 0 && second == '<');
  const bool is_bytes = (first == 0xEF && second == 0xBB) || first == '<';
  if (is_little) {
    order_ = Order::Little;
  } else if (is_big) {
    order_ = Order::Big;
  } else if (is_bytes || charset_ != Charset::Utf16) {
    order_ = Order::Bytes;
  } else {
    order_ = first == 0 ? Order::Big : Order::Little;  // Windows writes little-endian without saying so
  }
}

std::string_view XmlEncoding::take(std::string_view& bytes, std::span<char> room) noexcept {
  if (order_ == Order::Unknown) {
    held_ = bytes.front();
    has_held_ = true;
    bytes.remove_prefix(1);
    return {};
  }
  if (is_utf16()) return narrow(bytes, room);
  if (has_held_) {
    has_held_ = false;
    room[0] = held_;
    return {room.data(), 1};
  }
  const auto all = bytes;
  bytes = {};
  return all;
}

std::size_t XmlEncoding::put(char* out, std::uint16_t unit) noexcept {
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const bool is_high = (unit & 0xFC00) == 0xD800;
  const bool is_low = (unit & 0xFC00) == 0xDC00;
  const std::uint32_t high = high_surrogate_;
  high_surrogate_ = 0;
  if (is_low && high != 0) return put_utf8(out, 0x10000 + ((high & 0x3FF) << 10) + (unit & 0x3FFU));
  const auto lonely = high != 0 ? put_utf8(out, kReplacement) : 0;
  if (is_high) {
    high_surrogate_ = unit;
    return lonely;
  }
  return lonely + put_utf8(out + lonely, is_low ? kReplacement : unit);
}

std::string_view XmlEncoding::narrow(std::string_view& bytes, std::span<char> room) noexcept {
  const bool is_big = order_ == Order::Big;
  std::size_t size = 0;
  while (room.size() - size >= 2 * kMostPerUnit && !bytes.empty()) {
    if (!has_held_ && high_surrogate_ == 0) {
      const auto units =
          narrow_ascii(bytes.data(), bytes.size() / 2, room.data() + size, room.size() - size, is_big);
      size += units;
      bytes.remove_prefix(2 * units);
      if (units != 0) continue;
    }
    if (!has_held_) {
      held_ = bytes.front();
      has_held_ = true;
      bytes.remove_prefix(1);
      continue;
    }
    const auto first = static_cast<unsigned char>(held_);
    const auto second = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    has_held_ = false;
    size += put(room.data() + size,
                static_cast<std::uint16_t>(is_big ? first << 8 | second : second << 8 | first));
  }
  return {room.data(), size};
}

}  // namespace winrmlb::winrm
