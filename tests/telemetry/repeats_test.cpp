#include "../../src/telemetry/repeats.h"

#include <gtest/gtest.h>

namespace winrmlb::telemetry {
namespace {

const WallTime kStart{seconds(1000)};

TEST(Repeats, AreToldOfOnceWhenTheWindowIsOver) {
  Repeats repeats(seconds(10));
  EXPECT_TRUE(repeats.pass(kStart, Level::Info, "x", {}));
  EXPECT_FALSE(repeats.pass(kStart + seconds(9), Level::Info, "x", {}));
  EXPECT_FALSE(repeats.pass(kStart + seconds(9), Level::Info, "x", {}));
  EXPECT_TRUE(repeats.due(kStart + milliseconds(9999)).empty());
  const auto due = repeats.due(kStart + seconds(10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due.front().event_text, "x");
  EXPECT_EQ(due.front().times, 2U);
  EXPECT_TRUE(repeats.due(kStart + seconds(10)).empty());
  EXPECT_TRUE(repeats.pass(kStart + seconds(10), Level::Info, "x", {})) << "a new window begins with a line";
}

TEST(Repeats, ALineThatCameOnceIsNotToldOf) {
  Repeats repeats(seconds(10));
  EXPECT_TRUE(repeats.pass(kStart, Level::Info, "x", {}));
  EXPECT_TRUE(repeats.due(kStart + seconds(20)).empty());
  EXPECT_TRUE(repeats.rest().empty());
}

TEST(Repeats, AClockThatRunsBackwardsEndsTheWindow) {
  Repeats repeats(seconds(10));
  EXPECT_TRUE(repeats.pass(kStart, Level::Info, "x", {}));
  EXPECT_FALSE(repeats.pass(kStart, Level::Info, "x", {}));
  EXPECT_EQ(repeats.due(kStart - seconds(500)).size(), 1U);
}

TEST(Repeats, MoreLinesThanAreRememberedAllPass) {
  Repeats repeats(seconds(10));
  for (std::size_t i = 0; i < 10 * Repeats::kMost; ++i)
    EXPECT_TRUE(repeats.pass(kStart, Level::Info, std::to_string(i), {}));
}

TEST(Repeats, WithoutAWindowNothingIsHeldBack) {
  Repeats repeats(Duration::zero());
  EXPECT_TRUE(repeats.pass(kStart, Level::Info, "x", {}));
  EXPECT_TRUE(repeats.pass(kStart, Level::Info, "x", {}));
}

}  // namespace
}  // namespace winrmlb::telemetry
