// Random events against the shell registry, and beside it the plainest possible account of what must hold.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "balance/pool_support.h"
#include "winrmlb/core/text.h"

namespace winrmlb::balance {
namespace {

using support::at_once;
using support::Farm;

constexpr int kServers = 3;
constexpr std::uint32_t kClients = 12;
constexpr std::uint32_t kIds = 40;
constexpr std::array<std::string_view, 4> kUsers = {"", "robot", "ROBOT", "other"};

Uuid shell(std::uint32_t number) { return Uuid::of("shell " + std::to_string(number)); }

class World {
 public:
  World(unsigned seed, std::uint32_t capacity) : random_(seed), farm_(kServers), capacity_(capacity) {
    farm_.pins = capacity;
    farm_.load();
  }

  void step() {
    const auto number = pick(kIds);
    const auto kind = pick(4) == 0 ? PinKind::ClientSession : PinKind::Shell;
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
        return learn(number, kind);
      case 3:
      case 4:
      case 5:
        return use(number, kind);
      case 6:
        return end(number, kind);
      case 7:
        return pick(20) == 0 ? end_all() : farm_.wait(milliseconds(pick(20) == 0 ? 3'000'000 : pick(60'000)));
      case 8:
        return session();
      default:
        farm_.pool->affinity().sweep(farm_.now);
        return sweep();
    }
  }

  /// Counts agree with the account, and the account with the registry, pin for pin.
  void check() {
    sweep();
    std::map<std::pair<std::uint32_t, PinKind>, ServerId> found;
    for (const auto& row : registry().snapshot(farm_.now))
      found[{number_of(row.id), row.kind}] = row.server;
    std::map<std::pair<std::uint32_t, PinKind>, ServerId> expected;
    for (const auto& [key, pin] : pins_)
      expected[key] = pin.server;
    EXPECT_EQ(found, expected);
    EXPECT_LE(found.size(), capacity_);
    std::uint32_t sum = 0;
    for (int i = 1; i <= kServers; ++i) {
      EXPECT_EQ(farm_.state(i).shells, shells_at(farm_.id(i), {})) << "ps" << i;
      sum += farm_.state(i).shells;
      for (const auto* user : {"robot", "other"})
        EXPECT_EQ(registry().shells_of(user, farm_.id(i)), shells_at(farm_.id(i), user)) << user << i;
    }
    EXPECT_EQ(registry().shells(), sum);
    for (std::uint32_t client = 0; client < kClients; ++client)
      check_address(client);
    const auto counters = registry().counters();
    EXPECT_EQ(counters.learned - counters.ended - counters.expired - counters.evicted, found.size());
  }

  /// When all has ended nobody holds anything.
  void finish() {
    for (int i = 1; i <= kServers; ++i)
      registry().end_all(farm_.id(i));
    pins_.clear();
    check();
    for (const auto& [client, server] : sessions_)
      farm_.pool->session_closed(client, server, false, farm_.now);
    farm_.wait(seconds(7200));
    farm_.pool->affinity().sweep(farm_.now);
    EXPECT_EQ(farm_.pool->affinity().counters().entries, 0U);
    EXPECT_EQ(farm_.clients(), std::vector<std::uint32_t>(kServers, 0));
  }

 private:
  struct Known {
    ServerId server;
    std::string user;
    std::vector<ClientAddress> users;  // addresses, the latest first
    Duration idle_limit{};
    TimePoint expires;
  };

  ShellRegistry& registry() { return farm_.pool->shells(); }
  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }
  static std::uint32_t number_of(const Uuid& id) {
    std::uint32_t number = 0;
    while (shell(number) != id)
      ++number;
    return number;
  }

  void learn(std::uint32_t number, PinKind kind) {
    const auto client = Farm::client(pick(kClients));
    const auto server = farm_.id(1 + static_cast<int>(pick(kServers)));
    const auto user = kUsers[pick(kUsers.size())];
    const auto limit = pick(2) == 0 ? std::optional<Duration>(seconds(60 + pick(600))) : std::nullopt;
    const auto evicted = registry().counters().evicted;
    registry().learn({.id = shell(number),
                      .kind = kind,
                      .server = server,
                      .client = client,
                      .user = user,
                      .idle_limit = limit},
                     farm_.now);
    auto& known = pins_[{number, kind}];
    // One that had expired and was not yet swept is confirmed, and so lives on.
    const bool is_new = known.expires == TimePoint{};
    if (is_new || known.server != server) known.users.clear();
    if (is_new) known.idle_limit = seconds(7200);
    known.server = server;
    if (!user.empty()) known.user = user;
    note_user(known, client);
    if (limit) {
      known.idle_limit = *limit;
      known.expires = {};
    }
    note_use(known);
    if (registry().counters().evicted != evicted) forget_evicted();
  }

  void use(std::uint32_t number, PinKind kind) {
    const auto client = Farm::client(pick(kClients));
    const auto used = registry().use(shell(number), kind, client, farm_.now);
    const auto known = pins_.find({number, kind});
    const bool lives = known != pins_.end() && farm_.now < known->second.expires;
    ASSERT_EQ(used.has_value(), lives);
    if (!lives) return;
    EXPECT_EQ(used->server, known->second.server);
    note_user(known->second, client);
    note_use(known->second);
  }

  void end(std::uint32_t number, PinKind kind) {
    const auto server = farm_.id(1 + static_cast<int>(pick(kServers)));
    registry().end(shell(number), kind, server);
    const auto known = pins_.find({number, kind});
    if (known != pins_.end() && known->second.server == server) pins_.erase(known);
  }

  void end_all() {
    const auto server = farm_.id(1 + static_cast<int>(pick(kServers)));
    EXPECT_EQ(registry().end_all(server),
              std::erase_if(pins_, [&](const auto& pin) { return pin.second.server == server; }));
  }

  void sweep() {
    registry().sweep(farm_.now);
    std::erase_if(pins_, [&](const auto& pin) { return farm_.now >= pin.second.expires; });
  }

  void session() {
    if (pick(2) == 0 && !sessions_.empty()) {
      const auto [client, server] = sessions_.back();
      sessions_.pop_back();
      return farm_.pool->session_closed(client, server, false, farm_.now);
    }
    const auto client = Farm::client(pick(kClients));
    const auto choice = farm_.pool->route({.client = client, .bound = {}, .pinned = {}}, farm_.now);
    farm_.pool->session_opened(client, *choice.server, farm_.now);
    sessions_.emplace_back(client, *choice.server);
  }

  void note_use(Known& known) const {
    known.expires = std::max(known.expires, farm_.now + known.idle_limit + ShellRegistry::kMargin);
  }
  static void note_user(Known& known, const ClientAddress& client) {
    std::erase(known.users, client);
    known.users.insert(known.users.begin(), client);
    if (known.users.size() > 3) known.users.pop_back();
  }
  void forget_evicted() {
    std::erase_if(
        pins_, [&](const auto& pin) { return !registry().find(shell(pin.first.first), pin.first.second); });
  }

  std::uint32_t shells_at(ServerId server, std::string_view user) const {
    std::uint32_t count = 0;
    for (const auto& [key, pin] : pins_) {
      const bool counts = user.empty() || equals_ignoring_case(pin.user, user);
      count += key.second == PinKind::Shell && pin.server == server && counts ? 1 : 0;
    }
    return count;
  }

  void check_address(std::uint32_t number) {
    const auto client = Farm::client(number);
    std::map<ServerId, std::uint32_t> holds;
    std::uint32_t all = 0;
    for (const auto& [key, pin] : pins_) {
      if (key.second != PinKind::Shell || std::ranges::find(pin.users, client) == pin.users.end()) continue;
      ++holds[pin.server];
      ++all;
    }
    const auto row = farm_.pool->affinity().find(client, farm_.now);
    if (!row) {
      EXPECT_EQ(all, 0U) << "an address that uses a shell has an entry";
      return;
    }
    EXPECT_EQ(row->shells, holds[row->entry.server]);
    EXPECT_EQ(row->shells + row->shells_elsewhere, all);
    EXPECT_EQ(row->entry.holds, row->shells + row->sessions > 0);
  }

  std::mt19937 random_;
  Farm farm_;
  std::uint32_t capacity_;
  std::map<std::pair<std::uint32_t, PinKind>, Known> pins_;
  std::vector<std::pair<ClientAddress, ServerId>> sessions_;
};

TEST(ShellRegistryProperty, CountsAndHoldsAreRightWhateverHappens) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    World world(seed, seed % 2 == 0 ? 100000 : 25);
    for (int i = 0; i < 1500 && !testing::Test::HasFailure(); ++i) {
      world.step();
      if (i % 10 == 0) world.check();
    }
    world.check();
    world.finish();
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

/// Everything that workers and the control thread do, at once, on few shells, addresses and places.
void hammer(Farm& farm, std::uint32_t ids, unsigned seed) {
  std::mt19937 random(seed);
  const auto pick = [&](std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random);
  };
  auto& registry = farm.pool->shells();
  for (int i = 0; i < 6000; ++i) {
    const auto now = farm.now + milliseconds(i * 100);
    const auto id = shell(pick(ids));
    const auto client = Farm::client(pick(kClients));
    const auto server = farm.id(1 + static_cast<int>(pick(kServers)));
    switch (pick(12)) {
      case 0:
      case 1:
      case 2:
        registry.learn({.id = id,
                        .server = server,
                        .client = client,
                        .user = kUsers[pick(4)],
                        .idle_limit = seconds(pick(100))},
                       now);
        break;
      case 3:
        registry.learn({.id = id, .kind = PinKind::ClientSession, .server = server, .client = client}, now);
        break;
      case 4:
      case 5:
      case 6:
        registry.use(id, PinKind::Shell, client, now);
        break;
      case 7:
        registry.end(id, PinKind::Shell, server);
        break;
      case 8:
        if (pick(10) == 0) registry.end_all(server);
        registry.note_miss(id, now);
        break;
      case 9:
        registry.sweep(now);
        farm.pool->affinity().sweep(now);
        break;
      case 10: {
        const Facts facts{
            .client = client, .bound = {}, .pinned = {}, .creates_shell = true, .user = "robot"};
        farm.pool->route(facts, now);
        farm.pool->route_create_elsewhere(facts, server, now);
        break;
      }
      default:
        registry.snapshot(now);
        EXPECT_LE(registry.shells(), farm.pins);
        break;
    }
  }
}

TEST(ShellRegistryProperty, CountsAreBackAtZeroWhenEightThreadsHaveLeft) {
  // Several rounds of two shells, since what must collide is over in an instant.
  for (const std::uint32_t ids : {kIds, 2U, 2U, 2U, 2U, 2U}) {
    Farm farm(kServers);
    farm.settings.shells.per_user = 3;
    farm.pins = ids == kIds ? 16 : 100000;
    farm.load();
    at_once(8, [&](std::size_t thread) { hammer(farm, ids, static_cast<unsigned>(thread)); });
    auto& registry = farm.pool->shells();
    std::uint32_t sum = 0;
    for (const auto& member : farm.pool->members())
      sum += member.state->shells;
    EXPECT_EQ(registry.shells(), sum);
    farm.wait(seconds(100'000));
    registry.sweep(farm.now);
    EXPECT_TRUE(registry.snapshot(farm.now).empty());
    for (const auto& member : farm.pool->members()) {
      EXPECT_EQ(member.state->shells, 0U);
      EXPECT_EQ(registry.shells_of("robot", member.state->id), 0U);
    }
    for (std::uint32_t i = 0; i < kClients; ++i) {
      const auto row = farm.pool->affinity().find(Farm::client(i), farm.now);
      ASSERT_TRUE(!row || (row->shells == 0 && row->shells_elsewhere == 0));
    }
    const auto counters = registry.counters();
    EXPECT_EQ(counters.learned, counters.ended + counters.expired + counters.evicted);
    farm.wait(seconds(7200));
    farm.pool->affinity().sweep(farm.now);
    EXPECT_EQ(farm.pool->affinity().counters().entries, 0U);
  }
}

}  // namespace
}  // namespace winrmlb::balance
