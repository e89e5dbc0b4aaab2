#include "winrmlb/app/descriptor_limit.h"

#include <sys/resource.h>

#include <gtest/gtest.h>

namespace winrmlb::app {
namespace {

TEST(DescriptorLimit, HoldsASessionForEveryTwoDescriptorsThatAreLeft) {
  const OtherDescriptors others{.workers = 2, .listeners = 2, .servers = 4};
  const auto fit = sessions_that_fit(10'000, others);
  EXPECT_GT(fit, 4800U);
  EXPECT_LT(fit, 5000U);
  EXPECT_EQ(sessions_that_fit(10'002, others), fit + 1);
}

TEST(DescriptorLimit, LessIsLeftWhereMoreIsListenedOn) {
  EXPECT_LT(sessions_that_fit(10'000, {.workers = 64, .listeners = 10}),
            sessions_that_fit(10'000, {.workers = 2, .listeners = 10}));
  EXPECT_LT(sessions_that_fit(10'000, {.workers = 2, .servers = 100}),
            sessions_that_fit(10'000, {.workers = 2}));
}

TEST(DescriptorLimit, HoldsAlwaysOneSessionAndNeverBeyondCounting) {
  EXPECT_EQ(sessions_that_fit(16, {.workers = 1024, .listeners = 256}), 1U);
  EXPECT_EQ(sessions_that_fit(~std::uint64_t{0}, {}), 5'000'000U);
}

TEST(DescriptorLimit, IsRaisedAsFarAsAllowed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(raise_descriptor_limit(), before.rlim_max);
}

}  // namespace
}  // namespace winrmlb::app
