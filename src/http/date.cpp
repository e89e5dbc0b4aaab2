#include "winrmlb/http/date.h"

#include <array>
#include <ctime>

#include "winrmlb/core/text.h"

namespace winrmlb::http {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view kShape = "Ddd, 00 Mmm 0000 00:00:00 GMT";

// Letters stand for letters, 0 for a digit, all else for itself; "GMT" is compared apart.
bool has_shape(std::string_view text) noexcept {
  if (text.size() != kShape.size() || !text.ends_with(" GMT")) return false;
  for (std::size_t i = 0; i < kShape.size() - 3; ++i) {
    const char wanted = kShape[i];
    const bool letter = (wanted >= 'a' && wanted <= 'z') || wanted == 'D' || wanted == 'M';
    const char lower = to_lower(text[i]);
    const bool fits = letter          ? lower >= 'a' && lower <= 'z'
                      : wanted == '0' ? text[i] >= '0' && text[i] <= '9'
                                      : text[i] == wanted;
    if (!fits) return false;
  }
  return true;
}

}  // namespace

std::optional<WallTime> parse_date(std::string_view text) noexcept {
  if (!has_shape(text)) return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t digits) {
    int value = 0;
    for (const char c : text.substr(at, digits))
      value = value * 10 + (c - '0');
    return value;
  };
  std::tm parts{};
  parts.tm_mday = number(5, 2);
  parts.tm_mon = -1;
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (text.substr(8, 3) == kMonths[i]) parts.tm_mon = static_cast<int>(i);
  }
  parts.tm_year = number(12, 4) - 1900;
  parts.tm_hour = number(17, 2);
  parts.tm_min = number(20, 2);
  parts.tm_sec = number(23, 2);
  const bool possible = parts.tm_mon >= 0 && parts.tm_year >= 70 && parts.tm_mday >= 1 &&
                        parts.tm_mday <= 31 && parts.tm_hour <= 23 && parts.tm_min <= 59 &&
                        parts.tm_sec <= 60;
  if (!possible) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace winrmlb::http
