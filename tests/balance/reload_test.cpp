// Pools across reloads, and what explain() says.
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

TEST(PoolExplain, SaysWhatRouteWouldSayAndChangesNothing) {
  Farm farm(3);
  for (std::uint32_t i = 1; i <= 40; ++i) {
    if (i == 20) farm.set(2, Fitness::Down);
    if (i == 30) farm.set(1, ServerMode::Drain);
    const auto client = i % 25;
    const auto counters = farm.pool->affinity().counters();
    const auto counts = farm.clients();
    const auto explained = farm.pool->explain(Farm::facts(client), farm.now).choice;
    EXPECT_EQ(farm.pool->affinity().counters().entries, counters.entries);
    EXPECT_EQ(farm.clients(), counts);
    const auto routed = farm.pool->route(Farm::facts(client), farm.now);
    EXPECT_EQ(explained.server, routed.server);
    EXPECT_EQ(explained.reason, routed.reason);
  }
}

TEST(PoolExplain, IsASentence) {
  Farm farm(3);
  const auto text = [&](const Facts& facts) { return farm.pool->explain(facts, farm.now).text; };
  farm.open(1, 1);
  farm.open(2, 1);
  farm.open(3, 2);
  EXPECT_EQ(text(Farm::facts(9)),
            "10.0.0.9 would be assigned to ps3: fewest clients per weight (ps1 2, ps2 1, ps3 0)");
  farm.open(4, 3);
  EXPECT_THAT(text(Farm::facts(9)),
              testing::ContainsRegex("^10.0.0.9 would be assigned to ps[23]: fewest clients per weight "
                                     "\\(ps1 2, ps2 1, ps3 1; tie by hash\\)$"));
  farm.wait(seconds(720));
  EXPECT_EQ(text(Farm::facts(1)),
            "10.0.0.1 goes to ps1: it has had sessions there since 12 min ago (affinity)");
  farm.close(1, 1);
  farm.wait(seconds(30));
  EXPECT_EQ(text(Farm::facts(1)),
            "10.0.0.1 goes to ps1: it has been there since 12 min ago, last used 30 s ago (affinity)");
  EXPECT_EQ(text({Farm::client(1), farm.id(2), {}}),
            "10.0.0.1 goes to ps2: the session's login or sealed messages live there (bound)");
  EXPECT_EQ(text({Farm::client(1), {}, farm.id(2)}), "10.0.0.1 goes to ps2: the shell lives there (pinned)");
  farm.set(1, Fitness::Down);
  farm.set(3, ServerMode::Drain);
  EXPECT_EQ(
      text(Farm::facts(1)),
      "10.0.0.1 would move from ps1, which is down, to ps2: fewest clients per weight (ps2 1) (failover)");
  farm.server(1);
  farm.set(1, Fitness::Up);
  farm.wait(seconds(10));
  EXPECT_EQ(text(Farm::facts(1)), "10.0.0.1 would go back from ps2 to ps1, where it belongs (failback)");
  farm.set(1, Fitness::Suspect);
  farm.set(2, ServerMode::Maintenance);
  EXPECT_EQ(text(Farm::facts(9)),
            "no server can take 10.0.0.9: ps1 is suspect, ps2 is in maintenance, ps3 is draining");
  farm.set(2, Fitness::Down);
  EXPECT_EQ(text({Farm::client(1), farm.id(2), {}}),
            "10.0.0.1 is bound to ps2, which is down: its session ends");
}

}  // namespace
}  // namespace winrmlb::balance
