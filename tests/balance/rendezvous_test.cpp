#include "winrmlb/balance/rendezvous.h"

#include <array>
#include <cmath>
#include <span>

#include <gtest/gtest.h>

#include "winrmlb/core/address.h"
#include "winrmlb/core/hash.h"

namespace winrmlb::balance {
namespace {

std::uint64_t client(std::uint32_t number) {
  return ClientAddress(IpAddress::from_v4(0x0a000000 + number), 32, 128).hash();
}

std::size_t winner(std::uint64_t client_hash, std::span<const Contender> contenders) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < contenders.size(); ++i) {
    if (ranks_before(client_hash, contenders[i], contenders[best])) best = i;
  }
  return best;
}

// Other numbers here mean that two versions of the balancer, side by side, disagree about every client.
TEST(Rendezvous, DrawsTheSameNumbersForEver) {
  EXPECT_EQ(rendezvous_draw(client(1), stable_hash("ps1")), 1740862609692ULL);
  EXPECT_EQ(rendezvous_draw(client(1), stable_hash("ps2")), 1119591206250ULL);
  EXPECT_EQ(rendezvous_draw(client(2), stable_hash("ps1")), 678986609016ULL);
  EXPECT_EQ(rendezvous_draw(0, 0), 1497812503789ULL);

  const std::array servers = {Contender{stable_hash("ps1"), 100}, Contender{stable_hash("ps2"), 100},
                              Contender{stable_hash("ps3"), 100}};
  std::string winners;
  for (std::uint32_t i = 1; i <= 16; ++i)
    winners += std::to_string(winner(client(i), servers) + 1);
  EXPECT_EQ(winners, "3112112312113332");
}

TEST(Rendezvous, DrawIsALogarithm) {
  // The mean of -log2(u) is 1 / ln 2.
  double sum = 0;
  constexpr int kDraws = 100000;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    const auto draw = rendezvous_draw(client(i), stable_hash("ps1"));
    ASSERT_GT(draw, 0U);
    ASSERT_LE(draw, 64ULL << 40);
    sum += static_cast<double>(draw) / std::pow(2.0, 40);
  }
  EXPECT_NEAR(sum / kDraws, 1.4427, 0.02);
}

TEST(Rendezvous, SharesFollowTheWeights) {
  const std::array servers = {Contender{stable_hash("ps1"), 100}, Contender{stable_hash("ps2"), 200},
                              Contender{stable_hash("ps3"), 50}, Contender{stable_hash("ps4"), 0}};
  std::array<double, 4> won{};
  constexpr std::uint32_t kClients = 70000;
  for (std::uint32_t i = 0; i < kClients; ++i)
    won[winner(client(i), servers)] += 1;
  EXPECT_NEAR(won[0] / kClients, 100.0 / 350, 0.01);
  EXPECT_NEAR(won[1] / kClients, 200.0 / 350, 0.01);
  EXPECT_NEAR(won[2] / kClients, 50.0 / 350, 0.01);
  EXPECT_EQ(won[3], 0);
}

TEST(Rendezvous, OnlyTheClientsOfALostServerMove) {
  const std::array all = {Contender{stable_hash("ps1"), 100}, Contender{stable_hash("ps2"), 70},
                          Contender{stable_hash("ps3"), 100}};
  const auto left = std::span(all).first(2);
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const auto before = winner(client(i), all);
    if (before != 2) {
      EXPECT_EQ(winner(client(i), left), before);
    }
  }
}

TEST(Rendezvous, IsAStrictOrder) {
  const Contender a{1, 10};
  const Contender b{2, 10};
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_NE(ranks_before(client(i), a, b), ranks_before(client(i), b, a));
    EXPECT_FALSE(ranks_before(client(i), a, a));
  }
  EXPECT_TRUE(ranks_before(client(1), {1, 1}, {2, 0}));
  EXPECT_NE(ranks_before(client(1), {1, 0}, {2, 0}), ranks_before(client(1), {2, 0}, {1, 0}));
}

}  // namespace
}  // namespace winrmlb::balance
