#include "winrmlb/core/uuid.h"

#include "winrmlb/core/text.h"

namespace winrmlb {

namespace {

constexpr int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = to_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

constexpr std::size_t kTextLength = 36;
constexpr bool is_hyphen_place(std::size_t at) noexcept {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

std::string_view without_wrapping(std::string_view text) noexcept {
  for (const std::string_view scheme : {"urn:uuid:", "uuid:"}) {
    if (starts_with_ignoring_case(text, scheme)) return text.substr(scheme.size());
  }
  if (text.size() == kTextLength + 2 && text.front() == '{' && text.back() == '}') {
    return text.substr(1, kTextLength);
  }
  return text;
}

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) noexcept {
  text = without_wrapping(text);
  if (text.size() != kTextLength) return std::nullopt;
  Uuid id;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kTextLength; ++i) {
    if (is_hyphen_place(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = digit_of(text[i]);
    if (digit < 0) return std::nullopt;
    auto& byte = id.bytes_[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
  }
  return id;
}

Uuid Uuid::of(std::string_view text) noexcept {
  if (const auto id = parse(text)) return *id;
  // FNV-1a over the lower-case text, twice from different starts.
  std::uint64_t halves[2] = {0xcbf29ce484222325U, 0x84222325cbf29ce4U};
  for (const char c : text) {
    for (auto& half : halves)
      half = (half ^ static_cast<std::uint8_t>(to_lower(c))) * 0x100000001b3U;
    halves[1] += halves[0] >> 32;
  }
  Uuid id;
  std::memcpy(id.bytes_.data(), halves, sizeof halves);
  return id;
}

std::string Uuid::text() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  text.reserve(kTextLength);
  for (const auto byte : bytes_) {
    if (is_hyphen_place(text.size())) text += '-';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace winrmlb
