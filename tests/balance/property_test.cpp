// Random events against a pool, and beside it the plainest possible account of what must hold.
#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using config::ServerMode;
using support::Farm;

constexpr int kServers = 4;
constexpr std::uint32_t kClients = 60;

class World {
 public:
  World(unsigned seed, std::uint32_t capacity)
      : random_(seed), farm_(kServers, capacity), bounded_(capacity) {}

  void step() {
    const auto client = pick(kClients);
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return route(client, true);
      case 4:
        return route(client, false);
      case 5:
      case 6:
      case 7:
        return close();
      case 8:
        return change_server();
      case 9:
        return fail(client);
      case 10:
        return farm_.wait(milliseconds(pick(20) == 0 ? 3'000'000 : pick(9000)));
      default:
        return farm_.pool->affinity().sweep(farm_.now);
    }
  }

  void check() {
    std::map<ServerId, std::uint32_t> clients;
    for (const auto& row : farm_.pool->affinity().snapshot(farm_.now)) {
      std::uint32_t all = 0;
      for (int i = 1; i <= kServers; ++i)
        all += open_[{row.client, i}];
      EXPECT_EQ(row.sessions + row.sessions_elsewhere, all);
      EXPECT_EQ(row.sessions, (open_[{row.client, number(row.entry.server)}]));
    }
    farm_.pool->affinity().sweep(farm_.now);
    const auto rows = farm_.pool->affinity().snapshot(farm_.now);
    for (const auto& row : rows)
      ++clients[row.entry.server];
    std::size_t live = 0;
    for (std::uint32_t i = 0; i < kClients; ++i)
      live += holds(i) ? 1 : 0;
    EXPECT_LE(rows.size(), bounded_ + live);
    for (int i = 1; i <= kServers; ++i) {
      EXPECT_EQ(farm_.state(i).clients, clients[farm_.id(i)]) << "ps" << i;
      std::uint32_t sessions = 0;
      for (const auto& [key, count] : open_)
        sessions += key.second == i ? count : 0;
      EXPECT_EQ(farm_.state(i).sessions, sessions) << "ps" << i;
    }
  }

  bool sound() const { return !testing::Test::HasFailure(); }

 private:
  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }
  int number(ServerId id) { return std::stoi(farm_.pool->affinity().server(id)->name.substr(2)); }
  bool holds(std::uint32_t client) {
    for (int i = 1; i <= kServers; ++i) {
      if (open_[{Farm::client(client), i}] > 0) return true;
    }
    return false;
  }
  bool fit(int server) { return farm_.state(server).takes_new(); }
  std::uint32_t fewest() {
    std::uint32_t least = UINT32_MAX;
    for (int i = 1; i <= kServers; ++i) {
      if (fit(i)) least = std::min(least, farm_.state(i).clients.load());
    }
    return least;
  }

  bool any_fit() {
    for (int server = 1; server <= static_cast<int>(kServers); ++server) {
      if (fit(server)) return true;
    }
    return false;
  }

  void route(std::uint32_t client, bool connects) {
    const auto key = Farm::client(client);
    const auto before = farm_.pool->affinity().find(key, farm_.now);
    const auto unlisted = farm_.pool->affinity().counters().unlisted;
    const auto explained = farm_.pool->explain(Farm::facts(client), farm_.now).choice;
    const auto counts = farm_.clients();
    const auto least = fewest();
    const auto choice = farm_.pool->route(Farm::facts(client), farm_.now);
    const bool noted = farm_.pool->affinity().counters().unlisted == unlisted;
    if (noted) {
      EXPECT_EQ(choice.server, explained.server);
    }
    EXPECT_EQ(choice.reason, explained.reason);
    if (before && before->sessions > 0 && farm_.state(number(before->entry.server)).keeps_old()) {
      EXPECT_EQ(choice.server, before->entry.server)
          << "moved although it has sessions on a server that keeps it";
    }
    if (!choice.server) return;
    const auto server = number(*choice.server);
    EXPECT_TRUE(fit(server) || !any_fit() ||
                (choice.reason == Reason::Affinity && farm_.state(server).keeps_old()));
    if (noted && fit(server) && (choice.reason == Reason::Assigned || choice.reason == Reason::Failover)) {
      EXPECT_EQ(counts[static_cast<std::size_t>(server - 1)], least) << "not to a server with the fewest";
    }
    if (!connects) return;
    farm_.open(client, server);
    ++open_[{key, server}];
  }

  void close() {
    std::vector<std::pair<ClientAddress, int>> live;
    for (const auto& [key, count] : open_) {
      if (count > 0) live.push_back(key);
    }
    if (live.empty()) return;
    const auto& key = live[pick(static_cast<std::uint32_t>(live.size()))];
    --open_[key];
    farm_.pool->session_closed(key.first, farm_.id(key.second), pick(3) == 0, farm_.now);
  }

  void fail(std::uint32_t client) {
    const auto before = farm_.pool->affinity().find(Farm::client(client), farm_.now);
    if (!before) return;
    const auto moved = farm_.pool->move_away(Farm::client(client), before->entry.server, farm_.now);
    if (before->entry.holds) {
      EXPECT_FALSE(moved.moved);
    }
    if (moved.moved) {
      EXPECT_NE(moved.choice.server, before->entry.server);
    }
    EXPECT_EQ(farm_.pool->affinity().find(Farm::client(client), farm_.now)->entry.server,
              moved.moved ? *moved.choice.server : before->entry.server);
  }

  void change_server() {
    const int server = 1 + static_cast<int>(pick(kServers));
    constexpr std::array kFitness = {Fitness::Up, Fitness::Up, Fitness::Suspect, Fitness::Down};
    constexpr std::array kModes = {ServerMode::Ready, ServerMode::Ready, ServerMode::Drain,
                                   ServerMode::Maintenance};
    if (pick(2) == 0) {
      farm_.set(server, kFitness[pick(4)]);
    } else {
      farm_.set(server, kModes[pick(4)]);
    }
  }

  std::mt19937 random_;
  Farm farm_;
  std::size_t bounded_;
  std::map<std::pair<ClientAddress, int>, std::uint32_t> open_;
};

TEST(BalanceProperty, NothingIsLostOrMovedOrUnevenWhateverHappens) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    World world(seed, seed % 2 == 0 ? 100000 : 25);
    for (int i = 0; i < 1500 && world.sound(); ++i) {
      world.step();
      if (i % 10 == 0) world.check();
    }
    world.check();
    ASSERT_TRUE(world.sound()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace winrmlb::balance
