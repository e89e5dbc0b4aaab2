#include "winrmlb/balance/create_limiter.h"

#include <atomic>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

TEST(CreateLimiter, TakesAsManyAsItMay) {
  CreateLimiter limiter;
  EXPECT_TRUE(limiter.begin(2));
  EXPECT_TRUE(limiter.begin(2));
  EXPECT_FALSE(limiter.begin(2));
  EXPECT_TRUE(limiter.begin(3)) << "the limit may rise";
  EXPECT_TRUE(limiter.begin(0)) << "and go";
  EXPECT_EQ(limiter.running(), 4U);
  limiter.end();
  limiter.end();
  EXPECT_FALSE(limiter.begin(2)) << "and come back while more are running";
  limiter.end();
  EXPECT_TRUE(limiter.begin(2));
}

TEST(CreateTurn, IsGivenBackOnceHoweverItEnds) {
  CreateLimiter limiter;
  {
    CreateTurn turn;
    EXPECT_TRUE(turn.take(limiter, 1));
    EXPECT_TRUE(turn.take(limiter, 1)) << "its own does not stand in its way";
    CreateTurn other;
    EXPECT_FALSE(other.take(limiter, 1));
    turn.end();
    turn.end();
    EXPECT_TRUE(other.take(limiter, 1));
    EXPECT_EQ(limiter.running(), 1U);
  }
  EXPECT_EQ(limiter.running(), 0U);
}

TEST(CreateLimiter, HoldsItsLimitAmongThreads) {
  CreateLimiter limiter;
  std::atomic<int> running{0};
  support::at_once(8, [&](std::size_t) {
    for (int i = 0; i < 5000; ++i) {
      if (!limiter.begin(3)) continue;
      EXPECT_LE(running.fetch_add(1), 2);
      running.fetch_sub(1);
      limiter.end();
    }
  });
  EXPECT_EQ(limiter.running(), 0U);
}

}  // namespace
}  // namespace winrmlb::balance
