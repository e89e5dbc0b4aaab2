#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using config::ServerMode;
using support::Farm;

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
            "10.0.0.9 would be assigned to ps1: it is suspect, but there is no better one");
  farm.set(1, ServerMode::Maintenance);
  EXPECT_EQ(text(Farm::facts(9)),
            "no server can take 10.0.0.9: ps1 is in maintenance, ps2 is in maintenance, ps3 is draining");
  farm.set(2, Fitness::Down);
  EXPECT_EQ(text({Farm::client(1), farm.id(2), {}}),
            "10.0.0.1 is bound to ps2, which is down: its session ends");
}

TEST(PoolExplain, SaysWhereAShellLives) {
  Farm farm(2);
  const auto id = *Uuid::parse("7b1f0000-0000-4000-8000-000000000001");
  const auto text = [&](std::uint32_t client) {
    return farm.pool->explain(Farm::facts(client), farm.now, id).text;
  };
  farm.open(1, 2);
  EXPECT_EQ(text(1),
            "10.0.0.1 goes to ps2: it has had sessions there since just now (affinity); "
            "shell 7B1F… is not known here");
  farm.pool->shells().learn({.id = id, .server = farm.id(2), .client = Farm::client(1)}, farm.now);
  farm.wait(seconds(180));
  const std::string pinned = " goes to ps2: shell 7B1F… lives there, last used 3 min ago (pinned)";
  EXPECT_EQ(text(1), "10.0.0.1" + pinned);
  EXPECT_EQ(text(9), "10.0.0.9" + pinned) << "to ask is not to use";
  EXPECT_EQ(text(9), "10.0.0.9" + pinned);
  const auto of_client = [&] { return farm.pool->explain(Farm::facts(1), farm.now).text; };
  EXPECT_EQ(of_client(),
            "10.0.0.1 goes to ps2: it has sessions and 1 shell there, since 3 min ago (affinity)");
  farm.close(1, 2);
  EXPECT_EQ(of_client(),
            "10.0.0.1 goes to ps2: it has 1 shell there, since 3 min ago, last used just now (affinity)");
  farm.set(2, Fitness::Down);
  EXPECT_EQ(text(1),
            "10.0.0.1 is told that its shell is gone: shell 7B1F… lives on ps2, which is down, last used "
            "3 min ago (pinned)");
  farm.wait(seconds(7200));
  EXPECT_EQ(text(9),
            "10.0.0.9 would be assigned to ps1: fewest clients per weight (ps1 0); "
            "shell 7B1F… is not known here");
}

TEST(PoolExplain, SaysWhyAServerIsFull) {
  Farm farm(3);
  farm.settings.servers[2].max_sessions = 1;
  farm.settings.shells.per_user = 1;
  farm.load();
  farm.open(1, 3);
  farm.pool->mark_full(farm.id(1), farm.now);
  farm.wait(seconds(18));
  farm.pool->shells().learn(
      {.id = Uuid::of("a"), .server = farm.id(2), .client = Farm::client(1), .user = "Robot"}, farm.now);
  auto facts = Farm::facts(9);
  facts.creates_shell = true;
  facts.user = "robot";
  EXPECT_EQ(
      farm.pool->explain(facts, farm.now).text,
      "10.0.0.9 would be assigned to ps1: it is full by its own quota for another 42 s, but there is no "
      "better one");
  farm.settings.servers[0].max_sessions = farm.settings.servers[1].max_sessions = 1;
  farm.load();
  farm.open(2, 1);
  farm.open(3, 2);
  EXPECT_EQ(
      farm.pool->explain(facts, farm.now).text,
      "no server can take 10.0.0.9: ps1 has as many sessions as it may, ps2 has as many sessions as it may, "
      "ps3 has as many sessions as it may");
}

}  // namespace
}  // namespace winrmlb::balance
