#include "scalar.h"

#include <array>

#include "report.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

using std::chrono::milliseconds;

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kDurations = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizes = {{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

// "30s" → number and unit; what is wrong is told in terms of `kind` and `example`.
template <std::size_t N>
Parsed<std::uint64_t> with_unit(std::string_view text, const std::array<Unit, N>& units,
                                std::string_view kind, std::string_view example) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = text.substr(digits);
  for (const auto& known : units) {
    if (unit != known.name) continue;
    // The product must fit a signed number too, which is what a duration counts with.
    const auto number = parse_unsigned(text.substr(0, digits), INT64_MAX / known.factor);
    if (number) return {*number * known.factor};
  }
  if (digits > 0 && unit.empty()) {
    return {in_quotes(text) + " has no unit; a " + std::string(kind) + " is written like " +
            std::string(example)};
  }
  return {in_quotes(text) + " is not a " + std::string(kind) + "; write it like " + std::string(example)};
}

template <std::size_t N>
std::string show_unit(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const auto& unit : units) {
    if (value != 0 && value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return "0" + std::string(units.back().name);
}

}  // namespace

Parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto number = parse_unsigned(text);
  if (!number)
    return {in_quotes(text) + " is not a whole number; it must be from " + std::to_string(least) + " to " +
            std::to_string(most)};
  if (*number < least || *number > most) {
    return {std::string(text) + " is out of bounds; it must be from " + std::to_string(least) + " to " +
            std::to_string(most)};
  }
  return {*number};
}

Parsed<bool> parse_flag(std::string_view text) {
  if (text == "true") return {true};
  if (text == "false") return {false};
  return {in_quotes(text) + " is neither true nor false"};
}

Parsed<milliseconds> parse_duration(std::string_view text, milliseconds least, milliseconds most) {
  const auto parsed = with_unit(text, kDurations, "duration", "500ms, 30s, 5m, 2h or 1d");
  if (!parsed.good()) return {parsed.wrong()};
  const milliseconds value(static_cast<milliseconds::rep>(parsed.value()));
  if (value < least || value > most) {
    return {std::string(text) + " is out of bounds; it must be from " + show_duration(least) + " to " +
            show_duration(most)};
  }
  return {value};
}

Parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto parsed = with_unit(text, kSizes, "size", "512B, 64KiB, 1MiB or 2GiB");
  if (!parsed.good()) return parsed;
  if (parsed.value() < least || parsed.value() > most) {
    return {std::string(text) + " is out of bounds; it must be from " + show_size(least) + " to " +
            show_size(most)};
  }
  return parsed;
}

std::string show_duration(milliseconds value) {
  return show_unit(static_cast<std::uint64_t>(value.count()), kDurations);
}

std::string show_size(std::uint64_t bytes) { return show_unit(bytes, kSizes); }

bool is_host(std::string_view text) {
  if (IpAddress::parse(text)) return true;
  if (text.empty() || text.size() > 253) return false;
  std::size_t label = 0;
  bool digits_only = true;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? to_lower(text[i]) : '.';
    if (c == '.') {
      if (label == 0 || label > 63 || text[i - 1] == '-') return false;
      label = 0;
      continue;
    }
    const bool letter = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    if (!letter && !digit && !(c == '-' && label > 0) && c != '_') return false;
    if (!digit) digits_only = false;
    ++label;
  }
  return !digits_only;  // four numbers that are no address are no name either
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  for (const char c : text) {
    const char lower = to_lower(c);
    const bool good = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                      c == '.' || c == ':' || c == '[' || c == ']';
    if (!good) return false;
  }
  return true;
}

}  // namespace winrmlb::config
