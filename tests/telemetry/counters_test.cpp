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

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram<3> histogram({0.001, 0.01, 0.1});
  for (const double value : {0.0, 0.001, 0.0011, 0.1, 0.11, 1e9, -1.0})
    histogram.observe(value);
  EXPECT_EQ(histogram.in_bucket(0), 3U);
  EXPECT_EQ(histogram.in_bucket(1), 1U);
  EXPECT_EQ(histogram.in_bucket(2), 1U);
  EXPECT_EQ(histogram.in_bucket(3), 2U);
  EXPECT_EQ(histogram.count(), 7U);
  EXPECT_DOUBLE_EQ(histogram.sum(), 0.0 + 0.001 + 0.0011 + 0.1 + 0.11 + 1e9 - 1.0);
  EXPECT_EQ(histogram.bounds()[2], 0.1);
}

}  // namespace
}  // namespace winrmlb::telemetry
