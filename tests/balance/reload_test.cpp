// Pools across reloads: what of the servers and of the table goes on.
#include <set>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using config::ServerMode;
using support::Farm;

TEST(PoolReload, ServersOfTheSameNameAndHostGoOn) {
  Farm farm(3);
  farm.server(1);
  const auto before = farm.id(1);
  auto* const state = &farm.state(1);
  farm.settings.servers[0].weight = 7;
  farm.settings.servers[0].port = 15985;
  farm.settings.servers[1].host = "10.9.9.9";
  const auto second = farm.id(2);
  farm.load();
  EXPECT_EQ(&farm.state(1), state);
  EXPECT_EQ(farm.id(1), before);
  EXPECT_NE(farm.id(2), second) << "another host is another server";
  EXPECT_EQ(farm.state(2).fitness, Fitness::Checking);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 1U);
}

TEST(PoolReload, IdsAreNeverGivenTwice) {
  Farm farm(2);
  std::set<ServerId> seen{farm.id(1), farm.id(2)};
  for (int i = 0; i < 5; ++i) {
    farm.settings.servers[1].host = "10.2.0." + std::to_string(i);
    farm.load();
    EXPECT_TRUE(seen.insert(farm.id(2)).second);
  }
}

TEST(PoolReload, AddressesOfARemovedServerGoElsewhereAndItsSessionsAreCountedToTheEnd) {
  Farm farm(2);
  const auto at = farm.server(1);
  farm.open(1, at);
  const auto gone = farm.id(at);
  const auto state = farm.pool->affinity().server(gone);
  farm.settings.servers.erase(farm.settings.servers.begin() + (at - 1));
  farm.load();
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(3 - at) + " failover");
  EXPECT_EQ(state->clients, 0U);
  EXPECT_EQ(farm.pool->route({Farm::client(1), gone, {}}, farm.now).reason, Reason::Bound)
      << "a reload cuts no session";
  EXPECT_EQ(state->sessions, 1U);
  farm.pool->session_closed(Farm::client(1), gone, true, farm.now);
  EXPECT_EQ(state->sessions, 0U);
}

TEST(PoolReload, TheModeIsTakenFromTheFileWhenTheFileSaysSomethingNew) {
  Farm farm(2);
  farm.settings.servers[0].state = ServerMode::Drain;
  farm.load();
  EXPECT_EQ(farm.state(1).mode, ServerMode::Drain);
  farm.set(2, ServerMode::Maintenance);  // by the operator
  farm.load();
  EXPECT_EQ(farm.state(2).mode, ServerMode::Maintenance) << "a reload that does not speak of it";
  farm.settings.servers[0].state = ServerMode::Ready;
  farm.load();
  EXPECT_EQ(farm.state(1).mode, ServerMode::Ready);
}

TEST(PoolReload, NothingThatLastsChangesBeforeTheCommit) {
  Farm farm(2);
  farm.server(1);
  auto settings = farm.settings;
  settings.servers[0].state = ServerMode::Drain;
  settings.servers[1].host = "10.9.9.9";
  settings.affinity.ttl = seconds(60);
  Pool dropped(PoolId(1), settings, farm.capacity, farm.pool.get(), farm.next_id);
  EXPECT_EQ(farm.state(1).mode, ServerMode::Ready);
  farm.wait(seconds(60));
  EXPECT_EQ(farm.pool->affinity().snapshot(farm.now).size(), 1U) << "the ttl is the old one";
  EXPECT_NE(farm.pool->affinity().server(farm.id(2)), nullptr);
  EXPECT_EQ(farm.pool->affinity().server(dropped.member("ps2")->state->id), nullptr);
}

TEST(PoolReload, TtlAndCapacityFollow) {
  Farm farm(2);
  farm.server(1);
  farm.settings.affinity.ttl = seconds(60);
  farm.load();
  farm.wait(seconds(60));
  EXPECT_EQ(farm.pool->affinity().snapshot(farm.now).size(), 0U);
  farm.capacity = 1;
  farm.load();
  farm.server(2);
  farm.server(3);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 1U);
}

}  // namespace
}  // namespace winrmlb::balance
