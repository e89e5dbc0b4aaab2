// Uuid: the identity that WS-Management gives to messages, shells, contexts and client sessions (RFC 9562).
//
// A value of 16 bytes, any thread, so that a waiting exchange carries ids without a heap. Texts compare
// without regard to case, as their bytes do. An id that is no UUID is represented by a hash of its text: good
// enough to find it again, not to print it.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb {

class Uuid {
 public:
  constexpr Uuid() = default;

  /// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", in braces or after "uuid:" or "urn:uuid:" too; nothing else.
  static std::optional<Uuid> parse(std::string_view text) noexcept;
  /// The UUID that `text` is, or one made from it: equal texts (but for case) give equal ones.
  static Uuid of(std::string_view text) noexcept;
  /// What has these two halves.
  static Uuid of_halves(std::uint64_t high, std::uint64_t low) noexcept {
    Uuid made;
    std::memcpy(made.bytes_.data(), &high, sizeof high);
    std::memcpy(made.bytes_.data() + sizeof high, &low, sizeof low);
    return made;
  }
  /// Made from a text that is none (or of version 8, which nobody else uses): not to be said to anybody.
  bool is_hash() const noexcept { return bytes_[6] >> 4 == kHashVersion; }

  /// Upper case, with hyphens, as Windows writes it.
  std::string text() const;
  std::uint64_t high() const noexcept { return half(0); }
  std::uint64_t low() const noexcept { return half(8); }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  static constexpr std::uint8_t kHashVersion = 8;  // RFC 9562 5.8: made as the maker sees fit
  std::uint64_t half(std::size_t at) const noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_.data() + at, sizeof value);
    return value;
  }
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace winrmlb

template <>
struct std::hash<winrmlb::Uuid> {
  std::size_t operator()(const winrmlb::Uuid& id) const noexcept {
    return id.high() ^ (id.low() * 0x9e3779b97f4a7c15U);
  }
};
