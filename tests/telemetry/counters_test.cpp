#include "winrmlb/telemetry/counters.h"

#include <thread>

#include <gtest/gtest.h>

namespace winrmlb::telemetry {
namespace {

TEST(Counter, StartsAtZeroAndAdds) {
  Counter counter;
  EXPECT_EQ(counter.value(), 0U);
  counter.add();
  counter.add(41);
  EXPECT_EQ(counter.value(), 42U);
}

TEST(Counter, AnotherThreadSeesItGrow) {
  constexpr std::uint64_t kAll = 100'000;
  Counter counter;
  std::jthread writer([&counter] {
    for (std::uint64_t i = 0; i < kAll; ++i)
      counter.add();
  });
  std::uint64_t last = 0;
  while (last < kAll) {
    const auto seen = counter.value();
    ASSERT_GE(seen, last);
    last = seen;
  }
  EXPECT_EQ(last, kAll);
}

constexpr std::uint64_t kBounds[] = {1000, 10'000, 100'000};

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram<kBounds> histogram;
  for (const std::uint64_t value : {0, 1000, 1001, 100'000, 100'001, 1'000'000'000})
    histogram.observe(value);
  EXPECT_EQ(histogram.in_bucket(0), 2U);
  EXPECT_EQ(histogram.in_bucket(1), 1U);
  EXPECT_EQ(histogram.in_bucket(2), 1U);
  EXPECT_EQ(histogram.in_bucket(3), 2U);
  EXPECT_EQ(histogram.sum(), 1'000'202'002U);
}

}  // namespace
}  // namespace winrmlb::telemetry
