// What operators decide by command: weights of servers, and places of single addresses.
#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using support::Farm;
using Forgotten = AffinityTable::Forgotten;

bool pin(Farm& farm, std::uint32_t client, int server) {
  return farm.pool->pin(Farm::client(client), farm.id(server), farm.now);
}
Forgotten forget(Farm& farm, std::uint32_t client) {
  return farm.pool->forget(Farm::client(client), farm.now);
}

TEST(WeightByCommand, HoldsOverReloadsUntilTheFileSaysAnother) {
  Farm farm(2);
  farm.state(1).weight_by_command = 0;
  for (std::uint32_t client = 1; client <= 8; ++client)
    EXPECT_EQ(farm.server(client), 2);
  farm.load();
  EXPECT_EQ(farm.server(9), 2);
  farm.settings.servers[0].weight = 50;
  farm.load();
  EXPECT_EQ(farm.pool->member("ps1")->weight(), 50);
  EXPECT_EQ(farm.server(10), 1);
}

TEST(ClientPin, MovesTheAddressAtOnceAndCountsItThere) {
  Farm farm(2);
  const int was = farm.server(1);
  const int other = 3 - was;
  EXPECT_TRUE(pin(farm, 1, other));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(other) + " affinity");
  EXPECT_EQ(farm.state(was).clients, 0U);
  EXPECT_EQ(farm.state(other).clients, 1U);
  EXPECT_TRUE(pin(farm, 2, 1)) << "an address that was never seen";
  EXPECT_EQ(farm.text(2), "ps1 affinity");
}

TEST(ClientPin, OutlastsTheEntryAndReloads) {
  for (const auto assign : {config::Assign::Balanced, config::Assign::Hash}) {
    Farm farm(3);
    farm.settings.affinity.assign = assign;
    farm.load();
    for (std::uint32_t client = 1; client <= 9; ++client)
      EXPECT_TRUE(pin(farm, client, 3));
    farm.wait(std::chrono::hours(100));
    farm.pool->affinity().sweep(farm.now);
    farm.load();
    for (std::uint32_t client = 1; client <= 9; ++client)
      EXPECT_EQ(farm.server(client), 3) << client;
  }
}

TEST(ClientPin, GivesWayToADeadServerAndComesBackToIt) {
  Farm farm(2);
  pin(farm, 1, 1);
  farm.set(1, Fitness::Down);
  EXPECT_EQ(farm.text(1), "ps2 failover");
  farm.set(1, Fitness::Up);
  farm.wait(std::chrono::minutes(1));
  EXPECT_EQ(farm.text(1), "ps1 failback");
}

TEST(ClientPin, ComesBeforeTheTierOfItsServer) {
  Farm farm(2);
  farm.settings.servers[1].priority = 1;
  farm.load();
  pin(farm, 1, 2);
  farm.wait(std::chrono::hours(100));
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(farm.server(1), 2) << "a backup, but an operator has said so";
}

TEST(ClientPin, WhatLivesElsewhereStaysUntilItEnds) {
  Farm farm(2);
  const int was = farm.server(1);
  farm.open(1, was);
  pin(farm, 1, 3 - was);
  const auto row = farm.pool->affinity().find(Farm::client(1), farm.now);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->sessions_elsewhere, 1U);
  EXPECT_EQ(farm.server(1), 3 - was);
  farm.close(1, was);
  EXPECT_EQ(farm.state(was).sessions, 0U);
}

TEST(ClientPin, EndsWithItsServer) {
  Farm farm(2);
  pin(farm, 1, 2);
  farm.settings.servers.pop_back();
  farm.load();
  EXPECT_FALSE(farm.pool->client_pins().of(Farm::client(1)));
  EXPECT_EQ(farm.server(1), 1);
}

TEST(ClientPin, ThereAreNoMoreThanALimit) {
  ClientPins pins;
  for (std::uint32_t i = 0; i < ClientPins::kMost; ++i)
    ASSERT_TRUE(pins.pin(Farm::client(i), ServerId(1)));
  EXPECT_FALSE(pins.pin(Farm::client(ClientPins::kMost), ServerId(1)));
  EXPECT_TRUE(pins.pin(Farm::client(0), ServerId(2))) << "one that is there may move";
  EXPECT_TRUE(pins.unpin(Farm::client(1)));
  EXPECT_TRUE(pins.pin(Farm::client(ClientPins::kMost), ServerId(1)));
}

TEST(Forget, MakesAnAddressAsOneNeverSeen) {
  Farm farm(2);
  EXPECT_EQ(forget(farm, 1), Forgotten::Unknown);
  const int at = farm.server(1);
  EXPECT_EQ(forget(farm, 1), Forgotten::Yes);
  EXPECT_EQ(farm.state(at).clients, 0U);
  EXPECT_EQ(farm.text(1).substr(4), "assigned");
  pin(farm, 2, 1);
  EXPECT_EQ(forget(farm, 2), Forgotten::Yes);
  EXPECT_FALSE(farm.pool->client_pins().of(Farm::client(2)));
}

TEST(Forget, IsNotForAnAddressThatHasSessions) {
  Farm farm(2);
  const int at = farm.server(1);
  farm.open(1, at);
  EXPECT_EQ(forget(farm, 1), Forgotten::Busy);
  farm.close(1, at);
  EXPECT_EQ(forget(farm, 1), Forgotten::Yes);
}

}  // namespace
}  // namespace winrmlb::balance
