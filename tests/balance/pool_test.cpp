#include "winrmlb/balance/pool.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <map>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using config::ServerMode;
using support::at_once;
using support::Farm;

TEST(Pool, FourAddressesOnThreeServersLandTwoOneOne) {
  Farm farm(3);
  for (std::uint32_t i = 1; i <= 4; ++i)
    farm.server(i);
  auto counts = farm.clients();
  std::sort(counts.begin(), counts.end());
  EXPECT_EQ(counts, (std::vector<std::uint32_t>{1, 1, 2}));
}

TEST(Pool, AnAddressStaysWhereItIs) {
  Farm farm(3);
  const auto first = farm.server(1);
  for (std::uint32_t i = 2; i < 20; ++i)
    farm.server(i);
  farm.wait(seconds(7100));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(first) + " affinity");
  farm.wait(seconds(7100));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(first) + " affinity") << "each use renews it";
}

TEST(Pool, ClientsAreMaskedByThePrefixLengths) {
  Farm farm(3);
  farm.settings.affinity.prefix4 = 24;
  farm.settings.affinity.prefix6 = 64;
  farm.load();
  const auto key = [&](const char* text) { return farm.pool->client_of(*IpAddress::parse(text)); };
  EXPECT_EQ(key("10.0.0.1"), key("10.0.0.200"));
  EXPECT_NE(key("10.0.0.1"), key("10.0.1.1"));
  EXPECT_EQ(key("::ffff:10.0.0.1"), key("10.0.0.9"));
  EXPECT_EQ(key("2001:db8::1"), key("2001:db8::ffff:1"));
  EXPECT_NE(key("2001:db8::1"), key("2001:db8:0:1::1"));
}

TEST(Pool, SixtyFourFirstConnectionsOfOneAddressAgree) {
  Farm farm(3);
  for (std::uint32_t address = 0; address < 100; ++address) {
    std::array<std::optional<ServerId>, 64> chosen;
    at_once(64, [&](std::size_t i) { chosen[i] = farm.pool->route(Farm::facts(address), farm.now).server; });
    ASSERT_TRUE(chosen[0]);
    for (const auto& one : chosen)
      ASSERT_EQ(one, chosen[0]) << address;
  }
  EXPECT_EQ(farm.pool->affinity().counters().entries, 100U);
}

TEST(Pool, SixtyFourNewAddressesAtOnceLandEven) {
  for (std::uint32_t round = 0; round < 20; ++round) {
    Farm farm(3);
    at_once(64, [&](std::size_t i) {
      farm.pool->route(Farm::facts(round * 64 + static_cast<std::uint32_t>(i)), farm.now);
    });
    const auto counts = farm.clients();
    EXPECT_EQ(counts[0] + counts[1] + counts[2], 64U);
    EXPECT_LE(std::ranges::max(counts) - std::ranges::min(counts), 1U);
  }
}

// Many rounds of two, since a choice is over in a microsecond, and an uneven one is evened out by the next.
TEST(Pool, TwoNewAddressesAtOnceNeverLandOnOneOfTwoServers) {
  Farm farm(2, 100000);
  constexpr std::uint32_t kRounds = 20000;
  std::uint32_t uneven = 0;
  std::barrier round(2, [&]() noexcept { uneven += farm.state(1).clients != farm.state(2).clients ? 1 : 0; });
  std::atomic<std::uint32_t> ready{0};
  at_once(2, [&](std::size_t thread) {
    for (std::uint32_t i = 0; i < kRounds; ++i) {
      // The barrier wakes one after the other; this gate lets both go in the same instant.
      ready.fetch_add(1);
      for (int spins = 0; ready.load() < 2 * (i + 1); ++spins) {
        if (spins > 10000) std::this_thread::yield();
      }
      farm.pool->route(Farm::facts(2 * i + static_cast<std::uint32_t>(thread)), farm.now);
      round.arrive_and_wait();
    }
  });
  EXPECT_EQ(uneven, 0U);
}

TEST(Pool, SixtyFourFailedConnectsMoveTogether) {
  for (std::uint32_t address = 0; address < 50; ++address) {
    Farm farm(4);
    const auto failed = farm.server(address);
    std::array<Pool::Moved, 64> moved;
    at_once(64, [&](std::size_t i) {
      moved[i] = farm.pool->move_away(Farm::client(address), farm.id(failed), farm.now);
    });
    for (const auto& one : moved) {
      ASSERT_TRUE(one.moved);
      ASSERT_EQ(one.choice.server, moved[0].choice.server);
      ASSERT_NE(one.choice.server, farm.id(failed));
    }
    EXPECT_EQ(farm.pool->affinity().counters().moves, 1U);
    EXPECT_EQ(farm.pool->route(Farm::facts(address), farm.now).server, moved[0].choice.server)
        << "the server that failed is up again, and yet nobody splits";
  }
}

TEST(Pool, AnAddressThatHoldsSomethingDoesNotMoveAway) {
  Farm farm(2);
  const auto at = farm.server(1);
  farm.open(1, at);
  auto moved = farm.pool->move_away(Farm::client(1), farm.id(at), farm.now);
  EXPECT_FALSE(moved.moved);
  EXPECT_EQ(moved.choice.reason, Reason::Affinity);
  farm.close(1, at, true);
  moved = farm.pool->move_away(Farm::client(1), farm.id(at), farm.now);
  EXPECT_FALSE(moved.moved) << "a shell of the sealed session may live on";
  farm.wait(seconds(7200));
  farm.server(1);
  moved = farm.pool->move_away(Farm::client(1), farm.id(at), farm.now);
  EXPECT_TRUE(moved.moved);
}

TEST(Pool, WithNowhereElseToGoAnAddressStays) {
  Farm farm(2);
  const auto at = farm.server(1);
  farm.set(3 - at, Fitness::Down);
  const auto moved = farm.pool->move_away(Farm::client(1), farm.id(at), farm.now);
  EXPECT_FALSE(moved.moved);
  EXPECT_EQ(moved.choice.reason, Reason::Unavailable);
  farm.set(3 - at, Fitness::Up);
  EXPECT_EQ(farm.server(1), at);
}

TEST(Pool, ALateFailureOfAnOldServerGetsTheCurrentOne) {
  Farm farm(3);
  const auto first = farm.server(1);
  farm.set(first, Fitness::Down);
  const auto second = farm.server(1);
  farm.open(1, second);
  const auto moved = farm.pool->move_away(Farm::client(1), farm.id(first), farm.now);
  EXPECT_TRUE(moved.moved);
  EXPECT_EQ(moved.choice.server, farm.id(second));
  // Also without an entry, and then never to the server that failed.
  for (std::uint32_t i = 2; i < 20; ++i) {
    EXPECT_NE(farm.pool->move_away(Farm::client(i), farm.id(second), farm.now).choice.server,
              farm.id(second));
  }
}

TEST(Pool, ADownServerLosesItsAddressesAndGetsThemBackWhenTheyAreIdle) {
  Farm farm(2);
  const auto home = farm.server(1);
  const auto other = 3 - home;
  farm.open(1, home);
  farm.set(home, Fitness::Suspect);
  EXPECT_EQ(farm.server(1), home);
  farm.set(home, Fitness::Down);
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(other) + " failover");
  farm.open(1, other);
  farm.close(1, home);
  farm.set(home, Fitness::Up);
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(other) + " affinity");
  farm.open(1, other);
  farm.close(1, other);
  EXPECT_EQ(farm.server(1), other) << "one session is left, and one is on its way";
  farm.wait(seconds(5));
  farm.close(1, other);
  farm.wait(seconds(5));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(home) + " failback");
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(home) + " affinity");
}

TEST(Pool, ADrainingServerKeepsAnAddressOnlyWhileItHoldsSomething) {
  Farm farm(2);
  const auto at = farm.server(1);
  farm.open(1, at);
  farm.set(at, ServerMode::Drain);
  EXPECT_EQ(farm.server(1), at);
  farm.open(1, at);
  farm.close(1, at);
  farm.close(1, at);
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(3 - at) + " failover");
  farm.wait(seconds(5));
  farm.set(at, ServerMode::Ready);
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(at) + " failback") << "after a drain, too";
}

TEST(Pool, OpaqueTrafficHoldsAnAddressOnADrainingServer) {
  Farm farm(2);
  const auto at = farm.server(1);
  farm.open(1, at);
  farm.close(1, at, true);
  farm.set(at, ServerMode::Drain);
  farm.wait(seconds(100));
  EXPECT_EQ(farm.server(1), at);
  farm.wait(seconds(25));
  EXPECT_EQ(farm.server(1), 3 - at) << "use goes on, but nothing opaque for drain.opaque_quiet";
}

TEST(Pool, FullServersTakeNoNewAddress) {
  Farm farm(2);
  for (auto& server : farm.settings.servers)
    server.max_sessions = 2;
  farm.load();
  farm.open(1, 1);
  farm.open(1, 1);
  for (std::uint32_t i = 2; i < 8; ++i)
    EXPECT_EQ(farm.server(i), 2);
  EXPECT_EQ(farm.server(1), 1) << "its own address stays";
  farm.open(2, 2);
  farm.open(2, 2);
  EXPECT_EQ(farm.text(9), "unavailable");
  farm.close(1, 1);
  EXPECT_EQ(farm.server(9), 1);
}

TEST(Pool, PinnedAndBoundMakeNoEntry) {
  Farm farm(2);
  EXPECT_EQ(farm.pool->route({Farm::client(1), farm.id(1), {}}, farm.now).reason, Reason::Bound);
  EXPECT_EQ(farm.pool->route({Farm::client(1), {}, farm.id(2)}, farm.now).reason, Reason::Pinned);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 0U);
  farm.set(2, Fitness::Down);
  auto choice = farm.pool->route({Farm::client(1), {}, farm.id(2)}, farm.now);
  EXPECT_EQ(choice.reason, Reason::Pinned);
  EXPECT_EQ(choice.server, std::nullopt) << "nobody else knows the shell";
  EXPECT_EQ(farm.pool->affinity().counters().entries, 0U);
  choice = farm.pool->route(
      {.client = Farm::client(1), .bound = {}, .pinned = farm.id(2), .pin_is_shell = false}, farm.now);
  EXPECT_EQ(choice.reason, Reason::Assigned);
  EXPECT_EQ(choice.server, farm.id(1));
  EXPECT_EQ(farm.pool->route({Farm::client(1), farm.id(2), {}}, farm.now).reason, Reason::Unavailable);
}

TEST(Pool, HashedAddressesAgreeOnTwoBalancersWhateverCameBefore) {
  Farm one(3);
  Farm two(3);
  for (auto* farm : {&one, &two}) {
    farm->settings.affinity.assign = config::Assign::Hash;
    farm->load();
  }
  for (std::uint32_t i = 100; i < 150; ++i)
    two.server(i);
  for (std::uint32_t i = 0; i < 50; ++i)
    EXPECT_EQ(one.server(i), two.server(i));
  for (auto* farm : {&one, &two})
    farm->set(2, Fitness::Down);
  for (std::uint32_t i = 0; i < 50; ++i)
    EXPECT_EQ(one.server(i), two.server(i));
  two.set(2, Fitness::Up);
  two.wait(seconds(5));
  Farm fresh(3);
  fresh.settings.affinity.assign = config::Assign::Hash;
  fresh.load();
  for (std::uint32_t i = 0; i < 50; ++i)
    EXPECT_EQ(two.server(i), fresh.server(i)) << "back home";
}

TEST(Pool, PlannedAddressesFollowThePlanThroughAFailure) {
  Farm farm(3);
  farm.settings.affinity.assign = config::Assign::Planned;
  for (std::uint32_t i = 1; i <= 6; ++i)
    farm.settings.clients.push_back(IpAddress::from_v4(0x0a000000 + i));
  farm.load();
  std::map<std::uint32_t, int> before;
  for (std::uint32_t i = 1; i <= 6; ++i)
    before[i] = farm.server(i);
  EXPECT_EQ(farm.clients(), (std::vector<std::uint32_t>{2, 2, 2}));
  farm.set(1, Fitness::Down);
  for (std::uint32_t i = 1; i <= 6; ++i) {
    if (before[i] != 1) {
      EXPECT_EQ(farm.server(i), before[i]);
    } else {
      EXPECT_NE(farm.server(i), 1);
    }
  }
  EXPECT_EQ(farm.clients(), (std::vector<std::uint32_t>{0, 3, 3}));
  farm.set(1, Fitness::Up);
  farm.wait(seconds(5));
  for (std::uint32_t i = 1; i <= 6; ++i)
    EXPECT_EQ(farm.server(i), before[i]);
  EXPECT_NE(farm.server(77), 0) << "an address that is not on the list goes by hash";
}

TEST(Pool, AllCountersAreBackAtZeroWhenManyThreadsHaveLeft) {
  Farm farm(3);
  at_once(8, [&](std::size_t thread) {
    for (std::uint32_t i = 0; i < 500; ++i) {
      const auto client = Farm::client((i * 7 + static_cast<std::uint32_t>(thread)) % 40);
      const auto choice = farm.pool->route({client, {}, {}}, farm.now);
      farm.pool->session_opened(client, *choice.server, farm.now);
      if (i % 50 == 0) farm.pool->move_away(client, *choice.server, farm.now);
      if (i % 100 == 3)
        farm.set(static_cast<int>(thread % 3) + 1, i % 200 == 3 ? Fitness::Suspect : Fitness::Up);
      farm.pool->session_closed(client, *choice.server, false, farm.now);
      if (i % 100 == 50) farm.pool->affinity().sweep(farm.now);
      if (i % 100 == 70) farm.pool->explain({client, {}, {}}, farm.now);
      if (i % 100 == 90) farm.pool->affinity().snapshot(farm.now);
    }
  });
  for (const auto& member : farm.pool->members())
    EXPECT_EQ(member.state->sessions, 0U);
  const auto counts = farm.clients();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 40U);
  farm.wait(seconds(7200));
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(farm.clients(), (std::vector<std::uint32_t>{0, 0, 0}));
}

}  // namespace
}  // namespace winrmlb::balance
