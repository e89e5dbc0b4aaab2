#include "winrmlb/balance/hunts.h"

#include <atomic>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using support::Farm;

constexpr TimePoint kStart{std::chrono::hours(1000)};

bool hunt(Hunts& hunts, std::uint32_t client, TimePoint now) {
  if (!hunts.begin(Farm::client(client), now)) return false;
  hunts.end(Farm::client(client));
  return true;
}

TEST(Hunts, AnAddressHasTwoAtOnce) {
  Hunts hunts;
  EXPECT_TRUE(hunts.begin(Farm::client(1), kStart));
  EXPECT_TRUE(hunts.begin(Farm::client(1), kStart));
  EXPECT_FALSE(hunts.begin(Farm::client(1), kStart));
  EXPECT_TRUE(hunts.begin(Farm::client(2), kStart)) << "another address has its own";
  hunts.end(Farm::client(1));
  EXPECT_TRUE(hunts.begin(Farm::client(1), kStart));
}

TEST(Hunts, FiveInAnySecond) {
  Hunts hunts;
  EXPECT_TRUE(hunt(hunts, 1, kStart));
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(hunt(hunts, 1, kStart + milliseconds(900)));
  EXPECT_FALSE(hunt(hunts, 1, kStart + milliseconds(999)));
  EXPECT_TRUE(hunt(hunts, 1, kStart + seconds(1)));
  EXPECT_FALSE(hunt(hunts, 1, kStart + milliseconds(1899)));
  EXPECT_TRUE(hunt(hunts, 1, kStart + milliseconds(1900)));
}

TEST(Hunts, AreForgottenWhenManyOthersHuntButNotWhileTheyRun) {
  Hunts hunts;
  ASSERT_TRUE(hunts.begin(Farm::client(1), kStart));
  ASSERT_TRUE(hunts.begin(Farm::client(1), kStart));
  std::uint32_t refused = 0;
  for (std::uint32_t i = 100; i < 50'000; ++i)
    refused += hunt(hunts, i, kStart) ? 0 : 1;
  EXPECT_FALSE(hunts.begin(Farm::client(1), kStart));
  EXPECT_GT(refused, 0U);
  hunts.end(Farm::client(1));
  hunts.end(Farm::client(1));
  EXPECT_TRUE(hunt(hunts, 100'000, kStart));
}

TEST(Hunts, HoldTheirLimitsAmongThreads) {
  Hunts hunts;
  std::atomic<int> running{0};
  std::atomic<int> begun{0};
  support::at_once(8, [&](std::size_t) {
    for (int i = 0; i < 2000; ++i) {
      if (!hunts.begin(Farm::client(1), kStart)) continue;
      EXPECT_LE(running.fetch_add(1), 1);
      ++begun;
      running.fetch_sub(1);
      hunts.end(Farm::client(1));
    }
  });
  EXPECT_EQ(begun, 5);
}

}  // namespace
}  // namespace winrmlb::balance
