// What a process knows is known to the next one: through a store, and through bytes handed over.
#include "winrmlb/app/state_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/app/snapshot_builder.h"
#include "winrmlb/state/file_store.h"
#include "winrmlb/state/memory_store.h"

namespace winrmlb::app {
namespace {

using ::testing::HasSubstr;

config::Settings farm_settings() {
  config::Settings settings;
  config::Pool pool;
  pool.name = "teams";
  pool.servers = {{.name = "ps1", .host = "10.0.0.11"},
                  {.name = "ps2", .host = "10.0.0.12"},
                  {.name = "ps3", .host = "10.0.0.13"}};
  settings.pools.push_back(pool);
  return settings;
}

ClientAddress client(std::uint32_t number) { return {IpAddress::from_v4(0x0a010000U + number), 32, 128}; }
Uuid shell(std::uint64_t number) { return Uuid::of_halves(5, number); }

/// A store that outlasts the keeper that it is lent to.
class LentStore final : public state::StateStore {
 public:
  explicit LentStore(state::MemoryStore& store) : store_(store) {}
  Result<state::JournalReport> open(WallTime now, Heard heard) override {
    return store_.open(now, std::move(heard));
  }
  void put(const state::Record& record, state::Put why) override { store_.put(record, why); }
  void erase(const state::Key& key) override { store_.erase(key); }
  bool wants_all() const override { return store_.wants_all(); }
  void begin_all() override { store_.begin_all(); }
  void end_all() override { store_.end_all(); }
  void tick(TimePoint now) override { store_.tick(now); }
  void close() override { store_.close(); }
  Counters counters() const override { return store_.counters(); }

 private:
  state::MemoryStore& store_;
};

/// One life of a process, as far as its state goes.
struct Life {
  Life(state::MemoryStore* store, telemetry::Log& log, const config::Settings& settings, TimePoint begin,
       WallTime begin_wall)
      : Life(store ? std::make_unique<LentStore>(*store) : nullptr, log, settings, begin, begin_wall) {}
  Life(std::unique_ptr<state::StateStore> store, telemetry::Log& log, const config::Settings& settings,
       TimePoint begin, WallTime begin_wall)
      : now(begin),
        wall(begin_wall),
        builder(log),
        keeper(std::move(store), log, [this](ServerId) { return deadline; }) {
    auto built = builder.build(settings, nullptr);
    EXPECT_TRUE(built);
    snapshot = *built;
  }

  void load() {
    ASSERT_TRUE(keeper.load(snapshot, now, wall));
    set_up();
  }
  void set_up() {
    for (const auto& member : pool().members())
      member.state->fitness = balance::Fitness::Up;
  }
  void reload(const config::Settings& settings) {
    auto built = builder.build(settings, snapshot.get());
    ASSERT_TRUE(built);
    SnapshotBuilder::commit(**built);
    snapshot = *built;
    for (const auto& member : pool().members())
      member.state->fitness = balance::Fitness::Up;
    keeper.adopt(snapshot);
  }
  void wait(Duration time) {
    now += time;
    wall += std::chrono::duration_cast<WallTime::duration>(time);
  }
  void tick() {
    wait(seconds(1));
    keeper.tick(now, wall);
  }
  balance::Pool& pool() { return *snapshot->pools[0].pool; }
  std::string at(std::uint32_t number) {
    const auto choice = pool().route({client(number), {}, {}}, now);
    return choice.server ? pool().affinity().server(*choice.server)->name : "";
  }
  void learn(std::uint64_t number, std::uint32_t of, const std::string& server) {
    pool().shells().learn({.id = shell(number),
                           .server = pool().member(server)->state->id,
                           .client = client(of),
                           .user = "CORP\\somebody",
                           .resource = "Microsoft.PowerShell",
                           .idle_limit = seconds(3600)},
                          now);
  }

  TimePoint now;
  WallTime wall;
  std::optional<TimePoint> deadline;
  SnapshotBuilder builder;
  StateKeeper keeper;
  std::shared_ptr<const proxy::Snapshot> snapshot;
};

class StateKeeperTest : public ::testing::Test {
 protected:
  static constexpr TimePoint kBegin{std::chrono::hours(100)};
  static constexpr WallTime kWall{std::chrono::hours(24 * 365 * 56)};

  std::string logged() {
    log.flush();
    return scratch.read("log");
  }

  Scratch scratch;
  telemetry::Log log{{.file = scratch.path("log")}};
  state::MemoryStore store;
};

TEST_F(StateKeeperTest, AddressesAndShellsAreWhereTheyWere) {
  std::map<std::uint32_t, std::string> homes;
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    for (std::uint32_t i = 0; i < 100; ++i)
      homes[i] = life.at(i);
    life.learn(1, 3, homes[3]);
    life.learn(2, 4, homes[4]);
    life.tick();
    life.pool().shells().end(shell(2), balance::PinKind::Shell, life.pool().member(homes[4])->state->id);
    life.tick();  // and no close(): it was killed
  }
  // The monotonic clock of another boot, an hour later.
  Life life(&store, log, farm_settings(), TimePoint(seconds(20)), kWall + std::chrono::hours(1));
  life.load();
  EXPECT_THAT(logged(), HasSubstr("\"addresses\":100,\"shells\":1"));
  for (const auto& [number, home] : homes)
    EXPECT_EQ(life.at(number), home) << number;
  EXPECT_EQ(life.pool().shells().find(shell(1), balance::PinKind::Shell),
            life.pool().member(homes[3])->state->id);
  EXPECT_FALSE(life.pool().shells().find(shell(2), balance::PinKind::Shell));
}

TEST_F(StateKeeperTest, WhatIsOlderThanItsTimeIsForgotten) {
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    life.at(1);
    life.learn(1, 2, "ps2");
    life.tick();
  }
  Life life(&store, log, farm_settings(), kBegin, kWall + std::chrono::hours(2) + seconds(2));
  life.load();
  EXPECT_EQ(life.pool().affinity().counters().entries, 0U);
  EXPECT_EQ(life.pool().shells().shells(), 0U);
}

TEST_F(StateKeeperTest, ASessionThatLastsForDaysIsStillKnown) {
  std::string home;
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    home = life.at(1);
    life.pool().session_opened(client(1), life.pool().member(home)->state->id, life.now);
    for (int minutes = 0; minutes < 3 * 24 * 60; ++minutes) {
      life.wait(seconds(59));
      life.pool().affinity().sweep(life.now);
      life.tick();
    }
  }
  EXPECT_LT(store.counters().puts, 400U) << "it is told eight times in a ttl";
  Life life(&store, log, farm_settings(), kBegin, kWall + std::chrono::hours(72));
  life.load();
  ASSERT_TRUE(life.pool().affinity().find(client(1), life.now));
  EXPECT_EQ(life.at(1), home);
}

TEST_F(StateKeeperTest, ServersThatAreNoLongerConfiguredAreDroppedAndCounted) {
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    for (std::uint32_t i = 0; i < 30; ++i)
      life.at(i);
    life.tick();
  }
  auto settings = farm_settings();
  settings.pools[0].servers.pop_back();
  settings.pools[0].servers[1].host = "10.0.0.99";  // another server, whatever its name
  Life life(&store, log, settings, kBegin, kWall);
  life.load();
  EXPECT_THAT(logged(), HasSubstr("\"addresses\":10"));
  EXPECT_THAT(logged(), HasSubstr("\"no_longer_configured\":20"));
  for (const auto& row : life.pool().affinity().snapshot(life.now))
    EXPECT_EQ(row.entry.server, life.pool().member("ps1")->state->id);
}

TEST_F(StateKeeperTest, DrainsAreResumedWithWhatIsLeftOfTheirTime) {
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    EXPECT_TRUE(life.keeper.take_modes().empty());
    life.pool().member("ps2")->state->mode = config::ServerMode::Drain;
    life.deadline = life.now + seconds(100);
    life.tick();
  }
  {
    Life life(&store, log, farm_settings(), kBegin, kWall + seconds(41));
    life.load();
    const auto modes = life.keeper.take_modes();
    ASSERT_EQ(modes.size(), 1U);
    EXPECT_EQ(modes[0].pool, "teams");
    EXPECT_EQ(modes[0].server, "ps2");
    EXPECT_EQ(modes[0].mode, config::ServerMode::Drain);
    ASSERT_TRUE(modes[0].deadline);
    EXPECT_NEAR(static_cast<double>(modes[0].deadline->count()), 59, 1);
    EXPECT_TRUE(life.keeper.take_modes().empty());
    life.tick();  // it is ready in this life: as if an operator had said so
  }
  Life life(&store, log, farm_settings(), kBegin, kWall + seconds(41));
  life.load();
  EXPECT_TRUE(life.keeper.take_modes().empty());
}

TEST_F(StateKeeperTest, WeightsAndAddressesGivenToServersByCommandStay) {
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    life.pool().member("ps1")->state->weight_by_command = 7;
    life.pool().member("ps2")->state->weight_by_command = 9;
    ASSERT_TRUE(life.pool().pin(client(1), life.pool().member("ps3")->state->id, life.now));
    life.tick();
  }
  auto settings = farm_settings();
  settings.pools[0].servers[1].weight = 50;  // the file has said something new
  Life life(&store, log, settings, kBegin, kWall);
  life.load();
  EXPECT_EQ(life.pool().member("ps1")->weight(), 7);
  EXPECT_EQ(life.pool().member("ps2")->weight(), 50);
  EXPECT_EQ(life.pool().client_pins().of(client(1)), life.pool().member("ps3")->state->id);
  EXPECT_EQ(life.at(1), "ps3");
}

TEST_F(StateKeeperTest, TheConfigurationGoesBeforeAnOlderWord) {
  {
    Life life(&store, log, farm_settings(), kBegin, kWall);
    life.load();
    life.pool().member("ps1")->state->mode = config::ServerMode::Drain;
    life.pool().member("ps2")->state->mode = config::ServerMode::Drain;
    life.tick();
  }
  auto settings = farm_settings();
  settings.pools[0].servers[0].state = config::ServerMode::Maintenance;
  Life life(&store, log, settings, kBegin, kWall);
  life.load();
  const auto modes = life.keeper.take_modes();
  ASSERT_EQ(modes.size(), 1U);
  EXPECT_EQ(modes[0].server, "ps2");
}

TEST_F(StateKeeperTest, AStoreThatWantsEverythingIsToldEverything) {
  Life life(&store, log, farm_settings(), kBegin, kWall);
  life.load();
  for (std::uint32_t i = 0; i < 20000; ++i)
    life.at(i);
  for (std::uint64_t i = 0; i < 100; ++i)
    life.learn(i, 5, "ps2");
  life.pool().member("ps3")->state->mode = config::ServerMode::Drain;
  life.tick();
  const auto before = store.records();
  EXPECT_EQ(before.size(), 20000U + 100 + 3 + 1);
  for (const auto& [key, record] : before)
    store.erase(key);
  store.want_all();
  for (int i = 0; i < 100 && store.counters().rewrites == 0; ++i)
    life.tick();
  EXPECT_EQ(store.counters().rewrites, 1U);
  EXPECT_EQ(store.records().size(), before.size());
}

TEST_F(StateKeeperTest, APoolThatAReloadAddsIsKeptToo) {
  Life life(&store, log, farm_settings(), kBegin, kWall);
  life.load();
  auto settings = farm_settings();
  settings.pools.push_back(settings.pools[0]);
  settings.pools[1].name = "others";
  life.reload(settings);
  (void)life.snapshot->pools[1].pool->route({client(1), {}, {}}, life.now);
  life.at(2);
  for (const auto& member : life.snapshot->pools[1].pool->members())
    member.state->fitness = balance::Fitness::Up;
  (void)life.snapshot->pools[1].pool->route({client(1), {}, {}}, life.now);
  life.tick();
  EXPECT_TRUE(store.records().contains(state::Key::address("others", client(1))));
  EXPECT_TRUE(store.records().contains(state::Key::address("teams", client(2))));
}

TEST_F(StateKeeperTest, NobodyIsNamedInARecord) {
  Life life(&store, log, farm_settings(), kBegin, kWall);
  life.load();
  life.learn(1, 2, "ps2");
  life.tick();
  EXPECT_THAT(life.keeper.hand_over(life.now, life.wall), ::testing::Not(HasSubstr("somebody")));
}

TEST_F(StateKeeperTest, AProcessHandsEverythingOverToAnother) {
  Life old(static_cast<state::MemoryStore*>(nullptr), log, farm_settings(), kBegin, kWall);
  old.load();
  std::map<std::uint32_t, std::string> homes;
  for (std::uint32_t i = 0; i < 500; ++i)
    homes[i] = old.at(i);
  old.learn(1, 3, homes[3]);
  old.pool().member("ps2")->state->mode = config::ServerMode::Drain;
  const auto bytes = old.keeper.hand_over(old.now, old.wall);
  Life next(static_cast<state::MemoryStore*>(nullptr), log, farm_settings(), TimePoint(seconds(7)), kWall);
  next.keeper.adopt(next.snapshot);
  next.keeper.take_over(bytes, next.now, next.wall);
  next.set_up();
  for (const auto& [number, home] : homes)
    EXPECT_EQ(next.at(number), home);
  EXPECT_TRUE(next.pool().shells().find(shell(1), balance::PinKind::Shell));
  EXPECT_EQ(next.keeper.take_modes().size(), 1U);
}

TEST_F(StateKeeperTest, TheStoreIsOpenedWhenTheFormerProcessHasClosedIt) {
  const auto file_store = [&] {
    return std::make_unique<state::FileStore>(state::FileStoreOptions{.path = scratch.path("state")}, log);
  };
  Life old(file_store(), log, farm_settings(), kBegin, kWall);
  old.load();
  const auto home = old.at(1);
  Life next(file_store(), log, farm_settings(), kBegin, kWall);
  next.keeper.adopt(next.snapshot);
  next.keeper.take_over(old.keeper.hand_over(old.now, old.wall), next.now, next.wall);
  next.set_up();
  next.tick();
  EXPECT_EQ(next.at(2), next.at(2));
  old.keeper.close(old.now, old.wall);
  for (int i = 0; i < 10; ++i)
    next.tick();
  next.keeper.close(next.now, next.wall);
  Life third(file_store(), log, farm_settings(), kBegin, kWall);
  third.load();
  EXPECT_EQ(third.at(1), home);
  EXPECT_TRUE(third.pool().affinity().find(client(2), third.now));
}

}  // namespace
}  // namespace winrmlb::app
