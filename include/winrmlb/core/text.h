// Text as it comes from the wire or a file: strict numbers, ASCII case, quoting. No locale, no allocation
// unless the result is a string. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winrmlb {

/// Digits only, no sign, no blanks, at most `most`; nothing else is a number.
constexpr std::optional<std::uint64_t> parse_unsigned(std::string_view text,
                                                      std::uint64_t most = UINT64_MAX) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (most - digit) / 10 || digit > most) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// ASCII case-insensitive equality, as for HTTP field names, schemes and GUIDs.
constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view start) noexcept {
  return text.size() >= start.size() && equals_ignoring_case(text.substr(0, start.size()), start);
}

/// Without leading and trailing spaces and tabs (RFC 9110 5.6.3, OWS).
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

/// Appends `text` as the inside of a JSON string (RFC 8259 7); bytes that are not UTF-8 become U+FFFD.
void append_json_escaped(std::string& out, std::string_view text);
/// Appends `text` with & < > " ' escaped and characters that XML 1.0 forbids replaced by '?'.
void append_xml_escaped(std::string& out, std::string_view text);
/// The element of `candidates` nearest to `text` by edit distance, if it is near enough to be meant.
std::optional<std::string_view> nearest(std::string_view text,
                                        const std::vector<std::string_view>& candidates);

}  // namespace winrmlb
