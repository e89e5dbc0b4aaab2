#include "winrmlb/core/uuid.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "winrmlb/core/text.h"

namespace winrmlb {

namespace {

// A table, since every message that passes names some UUIDs. -1: no digit.
constexpr auto kDigits = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (int i = 0; i < 10; ++i)
    digits[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) {
    digits[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
    digits[static_cast<std::size_t>('A' + i)] = static_cast<std::int8_t>(10 + i);
  }
  return digits;
}();
constexpr int digit_of(char c) noexcept { return kDigits[static_cast<unsigned char>(c)]; }

constexpr std::size_t kTextLength = 36;
constexpr std::uint8_t kHyphens[] = {8, 13, 18, 23};
constexpr std::uint8_t kBytes[] = {0,  2,  4,  6,  9,  11, 14, 16,
                                   19, 21, 24, 26, 28, 30, 32, 34};  // two digits each

std::string_view without_wrapping(std::string_view text) noexcept {
  if (text.size() == kTextLength) return text;
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
  for (const auto at : kHyphens) {
    if (text[at] != '-') return std::nullopt;
  }
  Uuid id;
  int any = 0;  // negative if one of the digits is none
  const auto read = [&](std::size_t i) {
    const int high = digit_of(text[kBytes[i]]);
    const int low = digit_of(text[kBytes[i] + 1U]);
    any |= high | low;
    id.bytes_[i] = static_cast<std::uint8_t>(high << 4 | low);
  };
  // Written out, which takes half as long as a loop.
  [&]<std::size_t... I>(std::index_sequence<I...>) { (read(I), ...); }
  (std::make_index_sequence<std::size(kBytes)>());
  if (any < 0) return std::nullopt;
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
  id.bytes_[6] = static_cast<std::uint8_t>((id.bytes_[6] & 0x0f) | kHashVersion << 4);
  return id;
}

std::string Uuid::text() const {
  constexpr std::string_view kLetters = "0123456789ABCDEF";
  std::string text;
  text.reserve(kTextLength);
  for (const auto byte : bytes_) {
    if (std::ranges::find(kHyphens, text.size()) != std::end(kHyphens)) text += '-';
    text += kLetters[byte >> 4];
    text += kLetters[byte & 15];
  }
  return text;
}

}  // namespace winrmlb
