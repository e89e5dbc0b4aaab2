#include "winrmlb/http/date.h"

#include <gtest/gtest.h>

namespace winrmlb::http {
namespace {

std::int64_t seconds_of(std::string_view text) {
  const auto date = parse_date(text);
  return date ? std::chrono::duration_cast<seconds>(date->time_since_epoch()).count() : -1;
}

TEST(Date, IsReadInTheFormThatIsSent) {
  EXPECT_EQ(seconds_of("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(seconds_of("Thu, 29 Feb 2024 00:00:00 GMT"), 1709164800);
  EXPECT_EQ(seconds_of("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
}

TEST(Date, AnythingElseIsNone) {
  for (const auto* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1969 08:49:37 GMT",
        "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Date, CutAnywhereIsNone) {
  constexpr std::string_view kWhole = "Sun, 06 Nov 1994 08:49:37 GMT";
  for (std::size_t i = 0; i < kWhole.size(); ++i)
    EXPECT_FALSE(parse_date(kWhole.substr(0, i))) << i;
}

}  // namespace
}  // namespace winrmlb::http
