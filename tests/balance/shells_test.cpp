#include "winrmlb/balance/shells.h"

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using support::Farm;

constexpr seconds kLimit{7200};  // of the pool's settings, where a shell does not say

Uuid shell(std::uint32_t number) { return Uuid::of("shell " + std::to_string(number)); }

/// A farm, and short words for what its registry is told.
struct Shells : Farm {
  using Farm::Farm;
  ShellRegistry& registry() { return pool->shells(); }
  NewPin pin(std::uint32_t number, int server, std::uint32_t of) {
    return {.id = shell(number), .server = id(server), .client = client(of)};
  }
  void learn(std::uint32_t number, int server, std::uint32_t of) {
    registry().learn(pin(number, server, of), now);
  }
  int use(std::uint32_t number, std::uint32_t by) {
    const auto used = registry().use(shell(number), PinKind::Shell, client(by), now);
    return used ? std::stoi(pool->affinity().server(used->server)->name.substr(2)) : 0;
  }
  void end(std::uint32_t number, int server) { registry().end(shell(number), PinKind::Shell, id(server)); }
  bool holds(std::uint32_t client_number) {
    const auto row = pool->affinity().find(client(client_number), now);
    return row && row->entry.holds;
  }
  std::vector<std::uint32_t> counts() {
    std::vector<std::uint32_t> shells;
    for (const auto& member : pool->members())
      shells.push_back(member.state->shells);
    return shells;
  }
};

using Counts = std::vector<std::uint32_t>;

TEST(ShellRegistry, AShellIsFoundAndCountedUntilItEnds) {
  Shells farm(2);
  EXPECT_EQ(farm.use(1, 1), 0);
  farm.learn(1, 2, 1);
  EXPECT_EQ(farm.use(1, 1), 2);
  EXPECT_EQ(farm.registry().find(shell(1), PinKind::Shell), farm.id(2));
  EXPECT_EQ(farm.counts(), (Counts{0, 1}));
  EXPECT_EQ(farm.registry().shells(), 1U);
  EXPECT_TRUE(farm.holds(1));
  farm.end(1, 2);
  EXPECT_EQ(farm.use(1, 1), 0);
  EXPECT_EQ(farm.counts(), (Counts{0, 0}));
  EXPECT_EQ(farm.registry().shells(), 0U);
  EXPECT_FALSE(farm.holds(1));
}

TEST(ShellRegistry, AnotherServerThatDoesNotKnowTheShellEndsNothing) {
  Shells farm(2);
  farm.learn(1, 2, 1);
  farm.end(1, 1);
  EXPECT_EQ(farm.use(1, 1), 2);
}

TEST(ShellRegistry, AShellFoundElsewhereMovesWithItsCountsAndItsHold) {
  Shells farm(2);
  farm.learn(1, 1, 1);
  farm.learn(1, 2, 1);
  EXPECT_EQ(farm.use(1, 1), 2);
  EXPECT_EQ(farm.counts(), (Counts{0, 1}));
  const auto row = farm.pool->affinity().find(Farm::client(1), farm.now);
  EXPECT_EQ(row->shells + row->shells_elsewhere, 1U);
  farm.end(1, 2);
  EXPECT_FALSE(farm.holds(1));
}

TEST(ShellRegistry, IdleShellsEndAMarginAfterTheirLimitToTheTick) {
  Shells farm(2);
  farm.learn(1, 1, 1);
  auto brief = farm.pin(2, 1, 2);
  brief.idle_limit = seconds(180);
  farm.registry().learn(brief, farm.now);
  farm.wait(seconds(240) - Duration(1));
  farm.registry().sweep(farm.now);
  EXPECT_EQ(farm.counts(), (Counts{2, 0}));
  farm.wait(Duration(1));
  EXPECT_EQ(farm.use(2, 2), 0) << "gone for all purposes before it is swept";
  farm.registry().sweep(farm.now);
  EXPECT_EQ(farm.counts(), (Counts{1, 0}));
  farm.wait(kLimit + ShellRegistry::kMargin - seconds(240) - Duration(1));
  EXPECT_EQ(farm.use(1, 1), 1) << "and each use renews it";
  farm.wait(kLimit + ShellRegistry::kMargin - Duration(1));
  farm.registry().sweep(farm.now);
  EXPECT_TRUE(farm.holds(1));
  farm.wait(Duration(1));
  farm.registry().sweep(farm.now);
  EXPECT_EQ(farm.registry().counters().expired, 2U);
  EXPECT_EQ(farm.counts(), (Counts{0, 0}));
  EXPECT_FALSE(farm.holds(1));
}

TEST(ShellRegistry, ALongPollIsNoIdleTime) {
  Shells farm(2);
  auto brief = farm.pin(1, 1, 1);
  brief.idle_limit = seconds(60);
  farm.registry().learn(brief, farm.now);
  farm.registry().use(shell(1), PinKind::Shell, Farm::client(1), farm.now, seconds(180));
  farm.wait(seconds(299));
  farm.registry().sweep(farm.now);
  EXPECT_EQ(farm.use(1, 1), 1);
}

TEST(ShellRegistry, AShellThatIsUsedKeepsTheEntryOfItsAddress) {
  Shells farm(2);
  farm.learn(1, 2, 1);
  for (int i = 0; i < 5; ++i) {
    farm.wait(seconds(7200));
    farm.use(1, 1);
    farm.registry().sweep(farm.now);
    farm.pool->affinity().sweep(farm.now);
    EXPECT_EQ(farm.text(2), "ps1 assigned") << "without a shell it has been forgotten";
  }
  EXPECT_EQ(farm.text(1), "ps2 affinity");
}

TEST(ShellRegistry, WhoTakesAShellOverHoldsItsServerToo) {
  Shells farm(2);
  farm.learn(1, 2, 1);
  EXPECT_EQ(farm.use(1, 7), 2);
  EXPECT_TRUE(farm.holds(1));
  EXPECT_TRUE(farm.holds(7));
  EXPECT_EQ(farm.registry().row(shell(1), PinKind::Shell, farm.now)->client, Farm::client(7));
  EXPECT_EQ(farm.counts(), (Counts{0, 1})) << "it is one shell all the same";
  farm.end(1, 2);
  EXPECT_FALSE(farm.holds(1));
  EXPECT_FALSE(farm.holds(7));
}

TEST(ShellRegistry, OfManyAddressesThatNameAShellTheLatestHold) {
  Shells farm(2);
  farm.learn(1, 2, 1);
  for (std::uint32_t by = 10; by < 20; ++by)
    farm.use(1, by);
  int holding = 0;
  for (std::uint32_t by = 1; by < 20; ++by)
    holding += farm.holds(by) ? 1 : 0;
  EXPECT_EQ(holding, 3);
  EXPECT_FALSE(farm.holds(1));
  farm.use(1, 1);
  EXPECT_TRUE(farm.holds(1)) << "back by its next use";
  farm.end(1, 2);
  for (std::uint32_t by = 1; by < 20; ++by)
    EXPECT_FALSE(farm.holds(by));
}

TEST(ShellRegistry, WhenAServerRestartsAllItsPinsEnd) {
  Shells farm(2);
  for (std::uint32_t i = 0; i < 200; ++i)
    farm.learn(i, 1 + static_cast<int>(i % 2), i % 7);
  EXPECT_EQ(farm.registry().end_all(farm.id(1)), 100U);
  EXPECT_EQ(farm.counts(), (Counts{0, 100}));
  EXPECT_EQ(farm.use(2, 2), 0);
  EXPECT_EQ(farm.use(3, 3), 2);
}

TEST(ShellRegistry, WhenAReloadRemovesAServerItsPinsEndAndNoneCome) {
  Shells farm(2);
  farm.learn(1, 1, 1);
  const auto gone = farm.id(1);
  farm.settings.servers.erase(farm.settings.servers.begin());
  farm.load();
  EXPECT_EQ(farm.use(1, 1), 0);
  farm.registry().learn({.id = shell(2), .server = gone, .client = Farm::client(1)}, farm.now);
  EXPECT_EQ(farm.use(2, 1), 0) << "a session that lives on there needs no pin";
  EXPECT_FALSE(farm.holds(1));
  EXPECT_EQ(farm.pool->affinity().server(gone)->shells, 0U);
}

TEST(ShellRegistry, PinsOutliveAReloadAndTheirBoundsFollow) {
  Shells farm(2);
  farm.learn(1, 2, 1);
  farm.settings.shells.idle_limit = seconds(60);
  farm.load();
  EXPECT_EQ(farm.use(1, 1), 2);
  farm.learn(2, 2, 1);
  farm.wait(seconds(120));
  farm.registry().sweep(farm.now);
  EXPECT_EQ(farm.registry().snapshot(farm.now).size(), 1U);
}

TEST(ShellRegistry, UsersAreCountedPerServerWithoutRegardToCase) {
  Shells farm(2);
  const auto learn = [&](std::uint32_t number, int server, std::string_view user) {
    auto pin = farm.pin(number, server, 1);
    pin.user = user;
    farm.registry().learn(pin, farm.now);
  };
  learn(1, 1, "DOMAIN\\Robot");
  learn(2, 1, "domain\\robot");
  learn(3, 2, "domain\\robot");
  learn(4, 1, "");
  EXPECT_EQ(farm.registry().shells_of("Domain\\ROBOT", farm.id(1)), 2U);
  EXPECT_EQ(farm.registry().shells_of("Domain\\ROBOT", farm.id(2)), 1U);
  EXPECT_EQ(farm.registry().shells_of("", farm.id(1)), 0U);
  learn(2, 2, "");
  EXPECT_EQ(farm.registry().shells_of("domain\\robot", farm.id(1)), 1U);
  EXPECT_EQ(farm.registry().shells_of("domain\\robot", farm.id(2)), 2U)
      << "who made it is known though it moved";
  farm.registry().end_all(farm.id(2));
  EXPECT_EQ(farm.registry().shells_of("domain\\robot", farm.id(2)), 0U);
}

TEST(ShellRegistry, LongNamesAreCutBetweenCharacters) {
  Shells farm(1);
  const std::string user = std::string(63, 'u') + "\xc3\xa4";
  auto pin = farm.pin(1, 1, 1);
  pin.user = user;
  pin.resource = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
  farm.registry().learn(pin, farm.now);
  const auto row = farm.registry().row(shell(1), PinKind::Shell, farm.now);
  EXPECT_EQ(row->user, std::string(63, 'u'));
  EXPECT_EQ(row->resource, "cmd");
  EXPECT_EQ(farm.registry().shells_of(user, farm.id(1)), 1U);
}

TEST(ShellRegistry, KindsOfPinsAreApartAndLesserOnesHoldNoAddress) {
  Shells farm(2);
  auto pin = farm.pin(1, 1, 1);
  for (const auto kind : {PinKind::Enumeration, PinKind::ClientSession}) {
    pin.kind = kind;
    farm.registry().learn(pin, farm.now);
    EXPECT_EQ(farm.registry().use(shell(1), kind, Farm::client(2), farm.now)->server, farm.id(1));
  }
  EXPECT_EQ(farm.use(1, 1), 0);
  EXPECT_EQ(farm.counts(), (Counts{0, 0}));
  EXPECT_EQ(farm.registry().shells(), 0U);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 0U);
  farm.registry().end(shell(1), PinKind::Enumeration, farm.id(1));
  EXPECT_TRUE(farm.registry().find(shell(1), PinKind::ClientSession));
}

TEST(ShellRegistry, WhenFullLesserPinsGoFirstThenTheShellUsedLongestAgo) {
  Shells farm(1);
  farm.pins = 20;
  farm.load();
  for (std::uint32_t i = 0; i < 18; ++i) {
    farm.learn(i, 1, 1);
    farm.wait(seconds(1));
  }
  auto pin = farm.pin(100, 1, 1);
  pin.kind = PinKind::ClientSession;
  farm.registry().learn(pin, farm.now);
  pin.id = shell(101);
  farm.registry().learn(pin, farm.now);
  farm.use(0, 1);
  EXPECT_EQ(farm.registry().counters().evicted, 0U) << "exactly at capacity";
  farm.learn(18, 1, 1);
  farm.learn(19, 1, 1);
  EXPECT_EQ(farm.counts(), (Counts{20}));
  farm.learn(20, 1, 1);
  EXPECT_EQ(farm.registry().counters().evicted, 3U);
  EXPECT_EQ(farm.registry().snapshot(farm.now).size(), 20U);
  EXPECT_EQ(farm.use(1, 1), 0);
  EXPECT_EQ(farm.use(0, 1), 1);
  EXPECT_EQ(farm.pool->affinity().find(Farm::client(1), farm.now)->shells, 20U);
  farm.pins = 16;
  farm.load();
  EXPECT_EQ(farm.counts(), (Counts{16}));
  farm.learn(20, 1, 1);
  EXPECT_EQ(farm.registry().counters().evicted, 7U) << "what is known needs no room";
}

TEST(ShellRegistry, AMissIsRememberedForItsTimeUnlessTheShellTurnsUp) {
  Shells farm(1);
  farm.registry().note_miss(shell(1), farm.now);
  farm.registry().note_miss(shell(2), farm.now);
  farm.wait(ShellRegistry::kMissTtl - Duration(1));
  EXPECT_TRUE(farm.registry().missed_lately(shell(1), farm.now));
  EXPECT_FALSE(farm.registry().missed_lately(shell(3), farm.now));
  farm.learn(2, 1, 1);
  EXPECT_FALSE(farm.registry().missed_lately(shell(2), farm.now));
  farm.wait(Duration(1));
  EXPECT_FALSE(farm.registry().missed_lately(shell(1), farm.now));
}

TEST(ShellRegistry, MissesAreBounded) {
  Shells farm(1);
  for (std::uint32_t i = 0; i < 200'000; ++i)
    farm.registry().note_miss(shell(i), farm.now);
  std::uint32_t remembered = 0;
  for (std::uint32_t i = 0; i < 200'000; ++i)
    remembered += farm.registry().missed_lately(shell(i), farm.now) ? 1 : 0;
  EXPECT_EQ(remembered, 65536U);
  EXPECT_TRUE(farm.registry().missed_lately(shell(199'999), farm.now));
}

TEST(ShellRegistry, RowsTellWhoIsWhereSinceWhen) {
  Shells farm(2);
  const auto start = farm.now;
  auto pin = farm.pin(1, 2, 1);
  pin.user = "Robot";
  pin.resource = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";
  pin.idle_limit = seconds(900);
  farm.registry().learn(pin, farm.now);
  farm.wait(seconds(10));
  farm.use(1, 1);
  const auto rows = farm.registry().snapshot(farm.now);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].id, shell(1));
  EXPECT_EQ(rows[0].server, farm.id(2));
  EXPECT_EQ(rows[0].client, Farm::client(1));
  EXPECT_EQ(rows[0].user, "Robot");
  EXPECT_EQ(rows[0].resource, "Microsoft.PowerShell");
  EXPECT_EQ(rows[0].since, start);
  EXPECT_EQ(rows[0].last_used, farm.now);
  EXPECT_EQ(rows[0].idle_limit, seconds(900));
}

TEST(ShellRegistry, TimesBeyondReasonDoNotOverflow) {
  Shells farm(1);
  auto pin = farm.pin(1, 1, 1);
  pin.idle_limit = Duration::max();
  farm.registry().learn(pin, farm.now);
  farm.registry().use(shell(1), PinKind::Shell, Farm::client(1), farm.now, Duration::max());
  farm.wait(std::chrono::hours(24));
  farm.registry().sweep(farm.now);
  EXPECT_EQ(farm.use(1, 1), 1);
}

}  // namespace
}  // namespace winrmlb::balance
