#include "winrmlb/balance/affinity.h"

#include <set>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using support::Farm;

constexpr seconds kTtl{7200};

TEST(Affinity, AnUnusedEntryLivesForItsTtlToTheTick) {
  Farm farm(3);
  auto& table = farm.pool->affinity();
  farm.server(1);
  farm.wait(kTtl - Duration(1));
  table.sweep(farm.now);
  EXPECT_TRUE(table.find(Farm::client(1), farm.now));
  farm.wait(Duration(1));
  EXPECT_FALSE(table.find(Farm::client(1), farm.now)) << "gone for all purposes before it is swept";
  EXPECT_EQ(table.counters().entries, 1U);
  table.sweep(farm.now);
  EXPECT_EQ(table.counters().entries, 0U);
  EXPECT_EQ(table.counters().expired, 1U);
  EXPECT_EQ(farm.clients(), (std::vector<std::uint32_t>{0, 0, 0}));
}

TEST(Affinity, AnExpiredEntryIsReplacedWithoutASweep) {
  Farm farm(3);
  farm.server(1);
  farm.wait(kTtl);
  EXPECT_THAT(farm.text(1), testing::EndsWith("assigned"));
  EXPECT_EQ(farm.pool->affinity().counters().expired, 1U);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 1U);
}

TEST(Affinity, AnEntryWithSessionsNeverExpires) {
  Farm farm(3);
  const auto at = farm.server(1);
  farm.open(1, at);
  farm.wait(kTtl * 100);
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(at) + " affinity");
  farm.close(1, at);
  farm.wait(kTtl - seconds(1));
  farm.pool->affinity().sweep(farm.now);
  EXPECT_TRUE(farm.pool->affinity().find(Farm::client(1), farm.now)) << "the ttl counts from its end";
  farm.wait(seconds(1));
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 0U);
}

TEST(Affinity, SweepRemovesExactlyWhatHasExpired) {
  Farm farm(3);
  for (std::uint32_t i = 0; i < 30000; ++i) {
    if (i == 20000) farm.wait(seconds(10));
    farm.server(i);
  }
  for (std::uint32_t i = 0; i < 30; ++i)
    farm.open(i, 1);
  farm.wait(kTtl - seconds(11));
  for (std::uint32_t i = 100; i < 200; ++i)
    farm.server(i);
  farm.wait(seconds(1));
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 10000U + 30 + 100);
  EXPECT_EQ(farm.pool->affinity().counters().expired, 20000U - 30 - 100);
  EXPECT_EQ(farm.pool->affinity().snapshot(farm.now).size(), 10000U + 30 + 100);
}

TEST(Affinity, WhenFullTheLongestUnusedGoes) {
  Farm farm(3, 100);
  auto& table = farm.pool->affinity();
  for (std::uint32_t i = 0; i < 100; ++i) {
    farm.server(i);
    farm.wait(seconds(1));
  }
  farm.server(0);  // no longer the oldest
  farm.wait(seconds(1));
  EXPECT_EQ(table.counters().evicted, 0U) << "exactly at capacity";
  farm.server(1000);
  EXPECT_EQ(table.counters().evicted, 1U);
  EXPECT_EQ(table.counters().entries, 100U);
  EXPECT_TRUE(table.find(Farm::client(0), farm.now));
  EXPECT_FALSE(table.find(Farm::client(1), farm.now));
  EXPECT_TRUE(table.find(Farm::client(2), farm.now));
}

TEST(Affinity, WhatHoldsSomethingIsNeverEvicted) {
  Farm farm(3, 100);
  auto& table = farm.pool->affinity();
  for (std::uint32_t i = 0; i < 90; ++i)
    farm.open(i, 1 + static_cast<int>(i % 3));
  for (std::uint32_t i = 0; i < 45; ++i)
    farm.close(i, 1 + static_cast<int>(i % 3), true);
  for (std::uint32_t i = 200; i < 1200; ++i)
    farm.server(i);
  for (std::uint32_t i = 0; i < 90; ++i)
    EXPECT_TRUE(table.find(Farm::client(i), farm.now)) << i;
  EXPECT_EQ(table.counters().entries, 100U);
  EXPECT_EQ(table.counters().evicted, 990U);
}

TEST(Affinity, WhenAllHoldSomethingTheChoiceIsByHashAndTheSameEachTime) {
  Farm farm(3, 10);
  auto& table = farm.pool->affinity();
  for (std::uint32_t i = 0; i < 10; ++i)
    farm.open(i, 1);
  std::set<int> servers;
  for (std::uint32_t i = 100; i < 150; ++i) {
    const auto first = farm.server(i);
    servers.insert(first);
    EXPECT_EQ(farm.server(i), first);
  }
  EXPECT_EQ(servers.size(), 3U) << "not the one with the fewest clients for all";
  EXPECT_EQ(table.counters().entries, 10U);
  EXPECT_EQ(table.counters().unlisted, 100U);
  farm.close(3, 1);
  farm.server(100);
  EXPECT_EQ(table.counters().evicted, 1U) << "room again";
  EXPECT_TRUE(table.find(Farm::client(100), farm.now));
}

TEST(Affinity, ASessionIsCountedEvenAboveCapacityAndLeavesWithItsEntry) {
  Farm farm(3, 10);
  auto& table = farm.pool->affinity();
  for (std::uint32_t i = 0; i < 10; ++i)
    farm.open(i, 1);
  const auto at = farm.server(100);
  farm.open(100, at);
  farm.open(100, at);
  EXPECT_EQ(table.counters().entries, 11U);
  EXPECT_EQ(table.find(Farm::client(100), farm.now)->sessions, 2U);
  EXPECT_EQ(farm.server(100), at);
  farm.close(100, at);
  EXPECT_EQ(table.counters().entries, 11U);
  farm.close(100, at, true);
  EXPECT_EQ(table.counters().entries, 10U);
  EXPECT_EQ(farm.state(at).sessions, at == 1 ? 10U : 0U);
  EXPECT_EQ(farm.state(1).clients, 10U);
}

TEST(Affinity, ASessionWhoseEntryIsGoneMeanwhileBringsItBack) {
  Farm farm(3, 1);
  const auto at = farm.server(1);
  farm.server(2);  // evicts it
  farm.open(1, at);
  const auto row = farm.pool->affinity().find(Farm::client(1), farm.now);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->entry.server, farm.id(at));
  EXPECT_EQ(row->sessions, 1U);
}

TEST(Affinity, SessionsOnTheOldServerGoOnWhileTheEntryNamesTheNewOne) {
  Farm farm(2);
  const auto old = farm.server(1);
  farm.open(1, old);
  farm.open(1, old);
  farm.set(old, Fitness::Down);
  const auto current = farm.server(1);
  farm.open(1, current);
  auto row = farm.pool->affinity().find(Farm::client(1), farm.now);
  EXPECT_EQ(row->sessions, 1U);
  EXPECT_EQ(row->sessions_elsewhere, 2U);
  EXPECT_EQ(row->entry.home, farm.id(old));
  farm.close(1, current);
  row = farm.pool->affinity().find(Farm::client(1), farm.now);
  EXPECT_FALSE(row->entry.holds) << "what it has elsewhere does not hold it here";
  farm.wait(kTtl);
  farm.pool->affinity().sweep(farm.now);
  EXPECT_TRUE(farm.pool->affinity().find(Farm::client(1), farm.now)) << "but it does keep the entry";
  farm.close(1, old);
  farm.close(1, old, true);
  EXPECT_FALSE(farm.pool->affinity().find(Farm::client(1), farm.now)->entry.holds)
      << "opaque traffic left nothing at a server where it was not";
  EXPECT_EQ(farm.state(old).sessions, 0U);
  EXPECT_EQ(farm.state(current).sessions, 0U);
}

TEST(Affinity, SnapshotTellsWhoIsWhereSinceWhen) {
  Farm farm(3);
  const auto start = farm.now;
  farm.open(1, 2);
  farm.wait(seconds(10));
  farm.open(1, 2);
  const auto rows = farm.pool->affinity().snapshot(farm.now);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].client, Farm::client(1));
  EXPECT_EQ(rows[0].entry.server, farm.id(2));
  EXPECT_TRUE(rows[0].entry.holds);
  EXPECT_EQ(rows[0].sessions, 2U);
  EXPECT_EQ(rows[0].since, start);
  EXPECT_EQ(rows[0].last_used, farm.now);
}

TEST(Affinity, AClockThatLagsOnAnotherWorkerDoesNotAgeAnEntry) {
  Farm farm(3);
  farm.server(1);
  const auto used = farm.now;
  farm.wait(-seconds(1));
  farm.server(1);
  EXPECT_EQ(farm.pool->affinity().find(Farm::client(1), farm.now)->last_used, used);
}

TEST(Affinity, AnOutageEvictsNobody) {
  Farm farm(2, 10);
  for (std::uint32_t i = 0; i < 10; ++i)
    farm.server(i);
  farm.all(Fitness::Down);
  for (std::uint32_t i = 100; i < 200; ++i)
    EXPECT_EQ(farm.server(i), 0);
  EXPECT_EQ(farm.pool->affinity().counters().evicted, 0U);
}

}  // namespace
}  // namespace winrmlb::balance
