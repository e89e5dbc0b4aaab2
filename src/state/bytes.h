// Numbers and texts as bytes, little-endian, texts with their length in front; and back. Who reads past the
// end gets zeros, and finds out by ok().
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "winrmlb/core/time.h"

namespace winrmlb::state {

template <std::unsigned_integral Number>
void put_number(std::string& out, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i)
    out += static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i) & 0xffU);
}
inline void put_text(std::string& out, std::string_view text) {
  put_number(out, static_cast<std::uint16_t>(text.size()));
  out += text;
}
inline std::int64_t milliseconds_of(WallTime time) noexcept {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}
inline void put_time(std::string& out, WallTime time) {
  put_number(out, static_cast<std::uint64_t>(milliseconds_of(time)));
}

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) noexcept : left_(bytes) {}

  template <std::unsigned_integral Number>
  Number number() noexcept {
    std::uint64_t value = 0;
    const auto bytes = take(sizeof(Number));
    for (std::size_t i = bytes.size(); i > 0; --i)
      value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
    return static_cast<Number>(value);
  }
  std::string_view text() noexcept { return take(number<std::uint16_t>()); }
  /// No further from now than a clock can tell.
  WallTime moment() noexcept {
    const auto value = static_cast<std::int64_t>(number<std::uint64_t>());
    constexpr std::int64_t kMost =
        std::chrono::duration_cast<milliseconds>(WallTime::duration::max()).count();
    if (value >= kMost) return WallTime::max();
    if (value <= -kMost) return WallTime::min();
    return WallTime(milliseconds(value));
  }
  std::string_view take(std::size_t size) noexcept {
    if (size > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const auto taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  bool ok() const noexcept { return ok_; }

 private:
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace winrmlb::state
