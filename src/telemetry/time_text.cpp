#include "time_text.h"

#include <chrono>

namespace winrmlb::telemetry {

namespace {

void append_digits(std::string& out, unsigned value, unsigned digits) {
  char text[8];
  for (unsigned i = digits; i-- > 0; value /= 10)
    text[i] = static_cast<char>('0' + value % 10);
  out.append(text, digits);
}

}  // namespace

SplitTime split(WallTime time) noexcept {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole);
  return {whole.time_since_epoch().count(), static_cast<unsigned>(rest.count())};
}

void append_seconds(std::string& out, std::int64_t seconds, char separator) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  append_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_digits(out, static_cast<unsigned>(date.day()), 2);
  out += separator;
  append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
}

void append_milliseconds(std::string& out, unsigned milliseconds) {
  out += '.';
  append_digits(out, milliseconds, 3);
}

}  // namespace winrmlb::telemetry
