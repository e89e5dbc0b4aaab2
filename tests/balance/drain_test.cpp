// What a drain, a frozen server and a slow start do to a pool.
#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using config::ServerMode;
using support::Farm;

TEST(Drain, WaitsForSealedTrafficToBeQuietAndNoLonger) {
  Farm farm(2);
  const int at = farm.server(1);
  farm.open(1, at);
  farm.close(1, at, true);
  farm.set(at, ServerMode::Drain);
  farm.wait(seconds(119));
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(at) + " affinity");
  farm.wait(seconds(6));  // the session that was expected never came
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(3 - at) + " failover");
}

TEST(Drain, NamesWhoHoldsOnAndForWhat) {
  Farm farm(1);
  for (const std::uint32_t client : {1U, 2U, 3U})
    EXPECT_EQ(farm.server(client), 1);
  farm.open(1, 1);
  farm.open(2, 1);
  farm.close(2, 1, true);
  auto holders = farm.pool->affinity().holders(farm.id(1), farm.now);
  ASSERT_EQ(holders.size(), 2U);
  for (const auto& holder : holders) {
    const bool first = holder.client == Farm::client(1);
    EXPECT_EQ(holder.sessions, first ? 1U : 0U);
    EXPECT_EQ(holder.opaque_quiet_at.has_value(), !first);
  }
  farm.wait(seconds(120));
  holders = farm.pool->affinity().holders(farm.id(1), farm.now);
  ASSERT_EQ(holders.size(), 1U);
  farm.close(1, 1);
  EXPECT_TRUE(farm.pool->affinity().holders(farm.id(1), farm.now).empty());
}

TEST(Drain, AtItsDeadlineEverybodyLeaves) {
  Farm farm(2);
  const int at = farm.server(1);
  farm.open(1, at);
  farm.set(at, ServerMode::Drain);
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(at) + " affinity");
  farm.state(at).evicting = true;
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(3 - at) + " failover");
}

TEST(Failback, SealedTrafficHoldsAnAddressAsLongAsConfigured) {
  Farm farm(2);
  farm.settings.affinity.opaque_idle = seconds(300);
  farm.load();
  const int home = farm.server(1);
  farm.set(home, Fitness::Down);
  const int away = farm.server(1);
  farm.open(1, away);
  farm.close(1, away, true);
  farm.set(home, Fitness::Up);
  farm.wait(seconds(299));
  EXPECT_EQ(farm.server(1), away);
  farm.wait(seconds(6));
  EXPECT_EQ(farm.server(1), home);
}

TEST(Frozen, KeepsAnAddressWithSessionsUntilItIsLost) {
  Farm farm(2);
  const int at = farm.server(1);
  farm.open(1, at);
  farm.set(at, Fitness::Down);
  farm.state(at).lost = false;
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(at) + " affinity");
  farm.state(at).lost = true;
  EXPECT_EQ(farm.text(1), "ps" + std::to_string(3 - at) + " failover");
}

TEST(SlowStart, GrowsFromATenthToAllOfTheShare) {
  Farm farm(2);
  farm.set(2, Fitness::Down);
  for (std::uint32_t client = 1; client <= 100; ++client)
    farm.server(client);
  farm.set(2, Fitness::Up);
  farm.state(2).ramp_from = farm.now.time_since_epoch().count();
  const auto added = [&](std::uint32_t first) {
    const auto before = farm.clients()[1];
    for (std::uint32_t client = first; client < first + 60; ++client)
      farm.server(client);
    return farm.clients()[1] - before;
  };
  EXPECT_LE(added(1000), 20U);
  farm.wait(seconds(15));
  EXPECT_GE(farm.clients()[1] + added(2000), 60U) << "half of the time, half of the share";
  farm.wait(seconds(15));
  added(3000);
  added(4000);
  EXPECT_EQ(farm.clients()[0], farm.clients()[1]);
}

}  // namespace
}  // namespace winrmlb::balance
