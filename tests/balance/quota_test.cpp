// Full servers: where shells are created then, and who may be sent there.
#include <array>
#include <set>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using config::ServerMode;
using support::at_once;
using support::Farm;

/// A farm, and Creates that meet a quota.
struct Quota : Farm {
  using Farm::Farm;
  Facts create(std::uint32_t number, std::string_view user = {}) {
    auto made = facts(number);
    made.creates_shell = true;
    made.user = user;
    return made;
  }
  std::optional<Choice> elsewhere(std::uint32_t number, int not_here, std::string_view user = {}) {
    return pool->route_create_elsewhere(create(number, user), id(not_here), now);
  }
  /// An address with a session, as one that asks has.
  int connected(std::uint32_t number) {
    const auto at = server(number);
    open(number, at);
    return at;
  }
  void learn(std::string_view name, int server, std::uint32_t of, std::string_view user = {}) {
    pool->shells().learn({.id = Uuid::of(name), .server = id(server), .client = client(of), .user = user},
                         now);
  }
};

TEST(PoolQuota, AServerThatReportedAFullQuotaTakesNoNewAddressForAWhile) {
  Quota farm(2);
  const auto home = farm.server(1);
  farm.pool->mark_full(farm.id(home), farm.now);
  for (std::uint32_t i = 2; i < 8; ++i)
    EXPECT_EQ(farm.server(i), 3 - home);
  EXPECT_EQ(farm.server(1), home) << "its own address stays";
  farm.wait(seconds(60) - Duration(1));
  EXPECT_EQ(farm.server(8), 3 - home);
  farm.wait(Duration(1));
  EXPECT_EQ(farm.server(9), home);
}

TEST(PoolQuota, ACreateOfANewAddressGoesToAServerThatHasATurn) {
  Quota farm(2);
  farm.settings.servers[0].max_creates = farm.settings.servers[1].max_creates = 1;
  farm.load();
  const auto create = [&](std::uint32_t client) {
    const auto choice = farm.pool->route(farm.create(client), farm.now);
    return choice.server == farm.id(1) ? 1 : 2;
  };
  const auto home = create(1);
  farm.open(1, home);
  EXPECT_EQ(farm.server(2), 3 - home);
  CreateTurn turn;
  ASSERT_TRUE(turn.take(farm.state(3 - home).creates, 1));
  EXPECT_EQ(create(3), home);
  EXPECT_EQ(create(4), home);
  EXPECT_EQ(farm.server(5), 3 - home) << "what is no Create need not care";
  farm.wait(seconds(60));
  EXPECT_EQ(create(2), home) << "it holds nothing where it was";
  turn.end();
  ASSERT_TRUE(turn.take(farm.state(home).creates, 1));
  EXPECT_EQ(create(1), home) << "it has a session there, and waits";
  EXPECT_EQ(farm.pool->explain(farm.create(1), farm.now).choice.server, farm.id(home));
  EXPECT_NE(farm.pool->explain(farm.create(3), farm.now).text.find("is making as many shells as it may"),
            std::string::npos)
      << farm.pool->explain(farm.create(3), farm.now).text;
}

TEST(PoolQuota, ALaterReportExtendsTheTimeAndALateOneDoesNotShortenIt) {
  Quota farm(2);
  farm.set(2, Fitness::Suspect);
  const auto is_crowded = [&] {
    return farm.pool->explain(Farm::facts(1), farm.now).text.find("full by its own quota") !=
           std::string::npos;
  };
  farm.pool->mark_full(farm.id(1), farm.now + seconds(10));
  farm.pool->mark_full(farm.id(1), farm.now);
  farm.wait(seconds(69));
  EXPECT_TRUE(is_crowded());
  EXPECT_EQ(farm.server(1), 1) << "there is no better one";
  farm.wait(seconds(1));
  EXPECT_FALSE(is_crowded());
}

TEST(PoolQuota, AnAddressThatHoldsNothingElseMovesWithItsCreate) {
  Quota farm(3);
  const auto at = farm.connected(1);
  farm.pool->mark_full(farm.id(at), farm.now);
  const auto choice = farm.elsewhere(1, at);
  ASSERT_TRUE(choice);
  EXPECT_NE(choice->server, farm.id(at));
  EXPECT_EQ(choice->reason, Reason::Failover);
  const auto row = farm.pool->affinity().find(Farm::client(1), farm.now);
  EXPECT_EQ(row->entry.server, choice->server);
  EXPECT_EQ(row->entry.home, std::nullopt) << "what it left is not better";
  EXPECT_EQ(row->sessions_elsewhere, 1U);
  EXPECT_EQ(farm.pool->affinity().counters().moves, 1U);
  farm.wait(seconds(3600));
  EXPECT_EQ(farm.pool->route(Farm::facts(1), farm.now).server, choice->server);
}

TEST(PoolQuota, AnAddressThatHoldsSomethingStays) {
  Quota farm(2);
  const auto at = farm.connected(1);
  const auto stays = [&] {
    return !farm.elsewhere(1, at) &&
           farm.pool->affinity().find(Farm::client(1), farm.now)->entry.server == farm.id(at);
  };
  farm.open(1, at);
  EXPECT_TRUE(stays()) << "another session";
  farm.close(1, at);
  farm.learn("a", at, 1);
  EXPECT_TRUE(stays()) << "a shell";
  farm.pool->shells().end(Uuid::of("a"), PinKind::Shell, farm.id(at));
  farm.server(1);
  EXPECT_TRUE(stays()) << "a session that is on its way";
  farm.wait(seconds(5));
  farm.open(1, at);
  farm.close(1, at, true);
  EXPECT_TRUE(stays()) << "what a sealed session may have left";
  farm.wait(seconds(7200));
  EXPECT_FALSE(stays());
}

TEST(PoolQuota, WithNoOtherFitServerTheCreateStays) {
  Quota farm(2);
  const auto at = farm.connected(1);
  const auto other = 3 - at;
  for (const auto fitness : {Fitness::Down, Fitness::Suspect, Fitness::Checking}) {
    farm.set(other, fitness);
    EXPECT_FALSE(farm.elsewhere(1, at));
  }
  farm.set(other, Fitness::Up);
  farm.set(other, ServerMode::Drain);
  EXPECT_FALSE(farm.elsewhere(1, at));
  farm.set(other, ServerMode::Ready);
  farm.pool->mark_full(farm.id(other), farm.now);
  EXPECT_FALSE(farm.elsewhere(1, at));
  EXPECT_EQ(farm.pool->affinity().counters().moves, 0U);
  farm.wait(seconds(60));
  EXPECT_TRUE(farm.elsewhere(1, at));
}

TEST(PoolQuota, CreatesThatAreRefusedAtOnceMoveTogether) {
  for (std::uint32_t round = 0; round < 50; ++round) {
    Quota farm(4);
    const auto at = farm.connected(1);
    std::array<std::optional<Choice>, 16> choices;
    at_once(choices.size(), [&](std::size_t i) { choices[i] = farm.elsewhere(1, at); });
    for (const auto& choice : choices) {
      ASSERT_TRUE(choice);
      EXPECT_EQ(choice->server, choices[0]->server);
      EXPECT_NE(choice->server, farm.id(at));
    }
    EXPECT_EQ(farm.pool->affinity().counters().moves, 1U);
  }
}

TEST(PoolQuota, AnAddressThatLivesElsewhereCreatesThereUnlessThatIsFull) {
  Quota farm(3);
  farm.open(1, 2);
  farm.open(1, 2);
  auto choice = farm.elsewhere(1, 1);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->server, farm.id(2));
  EXPECT_EQ(choice->reason, Reason::Affinity);
  farm.pool->mark_full(farm.id(2), farm.now);
  EXPECT_FALSE(farm.elsewhere(1, 1)) << "a third place would split the address";
}

TEST(PoolQuota, AnUnknownAddressIsAssignedElsewhere) {
  Quota farm(2);
  const auto choice = farm.elsewhere(1, 2);
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->server, farm.id(1));
  EXPECT_EQ(choice->reason, Reason::Assigned);
  EXPECT_EQ(farm.text(1), "ps1 affinity");
}

TEST(PoolQuota, AServerIsFullForAUserWithAsManyShellsAsItMayHave) {
  Quota farm(2);
  farm.settings.shells.per_user = 2;
  farm.load();
  farm.learn("a", 1, 1, "Robot");
  const auto place = [&](const Facts& facts) { return farm.pool->route(facts, farm.now).server; };
  farm.open(50, 2);
  farm.open(51, 2);
  farm.open(52, 2);
  EXPECT_EQ(place(farm.create(10, "robot")), farm.id(1)) << "one shell is not full";
  farm.learn("b", 1, 1, "ROBOT");
  EXPECT_EQ(place(farm.create(11, "robot")), farm.id(2));
  EXPECT_EQ(place(farm.create(12, "other")), farm.id(1)) << "another user";
  auto no_create = farm.create(13, "robot");
  no_create.creates_shell = false;
  farm.open(53, 2);
  farm.open(54, 2);
  EXPECT_EQ(place(no_create), farm.id(1)) << "not a Create";
  EXPECT_EQ(farm.pool->route(farm.create(1, "robot"), farm.now).server, farm.id(1))
      << "its own address stays";
  farm.learn("c", 2, 2, "robot");
  farm.learn("d", 2, 2, "robot");
  EXPECT_EQ(farm.pool->route(farm.create(14, "robot"), farm.now).reason, Reason::Assigned)
      << "full for him everywhere: the server itself says so";
}

TEST(PoolQuota, ACreateMovesOnlyToAServerThatIsNotFullForItsUser) {
  Quota farm(3);
  farm.settings.shells.per_user = 1;
  farm.load();
  const auto at = farm.connected(1);
  const auto full = at % 3 + 1;
  farm.learn("a", full, 2, "robot");
  const auto choice = farm.elsewhere(1, at, "robot");
  ASSERT_TRUE(choice);
  EXPECT_EQ(choice->server, farm.id(6 - at - full));
}

TEST(PoolHunt, GoesToServersThatAreUpOrNotCheckedYetInTheOrderOfTheClient) {
  Farm farm(7);
  farm.set(2, ServerMode::Drain);
  farm.set(3, ServerMode::Maintenance);
  farm.set(4, Fitness::Down);
  farm.set(5, Fitness::Suspect);
  farm.set(7, Fitness::Checking);
  std::set<std::vector<ServerId>> orders;
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto others = farm.pool->other_fit_servers(farm.id(1), Farm::client(i));
    EXPECT_EQ(std::set(others.begin(), others.end()), (std::set{farm.id(2), farm.id(6), farm.id(7)}));
    EXPECT_EQ(farm.pool->other_fit_servers(farm.id(1), Farm::client(i)), others);
    orders.insert(others);
  }
  EXPECT_EQ(orders.size(), 6U);
  EXPECT_TRUE(Farm(1).pool->other_fit_servers(farm.id(1)).empty());
}

TEST(PoolHunt, LimitsAndShellsOutliveAReload) {
  Farm farm(2);
  auto* const hunts = &farm.pool->hunts();
  auto* const shells = &farm.pool->shells();
  farm.load();
  EXPECT_EQ(&farm.pool->hunts(), hunts);
  EXPECT_EQ(&farm.pool->shells(), shells);
}

TEST(PoolPins, AShellHoldsAnAddressOnADrainingServerAndAgainstAFailedConnect) {
  Farm farm(2);
  const auto at = farm.server(1);
  farm.pool->shells().learn({.id = Uuid::of("a"), .server = farm.id(at), .client = Farm::client(1)},
                            farm.now);
  farm.wait(seconds(60));
  EXPECT_FALSE(farm.pool->move_away(Farm::client(1), farm.id(at), farm.now).moved);
  farm.set(at, ServerMode::Drain);
  EXPECT_EQ(farm.server(1), at);
  farm.wait(seconds(5));
  farm.pool->shells().end(Uuid::of("a"), PinKind::Shell, farm.id(at));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(3 - at) + " failover");
}

TEST(PoolPins, AShellThatLivesWhereTheAddressCameFromDoesNotKeepItAway) {
  Farm farm(2);
  const auto home = farm.server(1);
  farm.pool->shells().learn({.id = Uuid::of("a"), .server = farm.id(home), .client = Farm::client(1)},
                            farm.now);
  farm.set(home, Fitness::Down);
  EXPECT_EQ(farm.server(1), 3 - home);
  farm.set(home, Fitness::Up);
  farm.wait(seconds(5));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(home) + " failback");
}

}  // namespace
}  // namespace winrmlb::balance
