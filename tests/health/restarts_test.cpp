#include "winrmlb/health/restarts.h"

#include <gtest/gtest.h>

namespace winrmlb::health {
namespace {

constexpr TimePoint kStart{};
const Uuid kOne = Uuid::of("one");
const Uuid kTwo = Uuid::of("two");
const Uuid kThree = Uuid::of("three");

TEST(Restarts, TwoShellsLostWithinTenSecondsAreOne) {
  RestartDetector detector;
  EXPECT_FALSE(detector.shell_lost(kOne, kStart));
  EXPECT_TRUE(detector.shell_lost(kTwo, kStart + seconds(10) - milliseconds(1)));
}

TEST(Restarts, OneShellAloneIsNone) {
  RestartDetector detector;
  EXPECT_FALSE(detector.shell_lost(kOne, kStart));
  EXPECT_FALSE(detector.shell_lost(kOne, kStart + seconds(1))) << "the same, asked for twice";
  EXPECT_FALSE(detector.shell_lost(kTwo, kStart + seconds(11)));
}

TEST(Restarts, FurtherLossesBelongToTheSame) {
  RestartDetector detector;
  EXPECT_FALSE(detector.shell_lost(kOne, kStart));
  EXPECT_TRUE(detector.shell_lost(kTwo, kStart));
  EXPECT_FALSE(detector.shell_lost(kThree, kStart + seconds(1)));
  EXPECT_FALSE(detector.shell_lost(kOne, kStart + seconds(2)));
  EXPECT_FALSE(detector.shell_lost(kOne, kStart + seconds(20)));
  EXPECT_TRUE(detector.shell_lost(kTwo, kStart + seconds(21))) << "a second one";
}

}  // namespace
}  // namespace winrmlb::health
