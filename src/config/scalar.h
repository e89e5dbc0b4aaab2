// Single values as people write them: durations, sizes, numbers, addresses. Each parser says what would be
// right.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace winrmlb::config {

/// A value, or the sentence that says what is wrong with the text and what would be right.
template <typename T>
struct Parsed {
  std::variant<T, std::string> state;
  bool good() const { return state.index() == 0; }
  const T& value() const { return *std::get_if<0>(&state); }
  const std::string& wrong() const { return *std::get_if<1>(&state); }
};

/// The same for text, where value and sentence have one type.
struct ParsedText {
  std::string text;
  std::string problem;  // empty: none
  bool good() const { return problem.empty(); }
  const std::string& value() const { return text; }
  const std::string& wrong() const { return problem; }
};

Parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);
Parsed<bool> parse_flag(std::string_view text);
/// "500ms", "30s", "5m", "2h", "1d".
Parsed<std::chrono::milliseconds> parse_duration(std::string_view text, std::chrono::milliseconds least,
                                                 std::chrono::milliseconds most);
/// "512B", "64KiB", "1MiB", "2GiB".
Parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t least, std::uint64_t most);

/// The shortest text that parses to the same value.
std::string show_duration(std::chrono::milliseconds value);
std::string show_size(std::uint64_t bytes);

/// A DNS name (RFC 1123 2.1) or an IP address.
bool is_host(std::string_view text);
/// A name for listeners, pools and servers: what fits a metric label, a command line and a log.
bool is_name(std::string_view text);

}  // namespace winrmlb::config
