// What a mirror of the affinity table and of the shell registry is told, and what comes back from it.
#include <map>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using support::Farm;

constexpr seconds kTtl{7200};

/// The mirror: where each address is, and each shell.
struct Mirror {
  explicit Mirror(Farm& farm) : farm_(farm) {
    farm.pool->affinity().watch();
    farm.pool->shells().watch();
  }

  /// How many changes there were.
  std::size_t take() {
    const auto addresses = farm_.pool->affinity().take_changes(farm_.now);
    for (const auto& change : addresses.all) {
      if (change.entry) {
        entries[change.client] = *change.entry;
      } else {
        entries.erase(change.client);
      }
    }
    const auto changes = farm_.pool->shells().take_changes();
    for (const auto& change : changes.all) {
      if (change.pin) {
        pins[change.id] = *change.pin;
      } else {
        pins.erase(change.id);
      }
    }
    complete = addresses.complete && changes.complete;
    return addresses.all.size() + changes.all.size();
  }
  ServerId at(std::uint32_t client) { return entries.at(Farm::client(client)).server; }

  std::map<ClientAddress, AffinityTable::Kept> entries;
  std::map<Uuid, ShellRegistry::Kept> pins;
  bool complete = true;

 private:
  Farm& farm_;
};

Uuid shell(std::uint64_t number) { return Uuid::of_halves(1, number); }

void learn(Farm& farm, std::uint64_t number, std::uint32_t client, int server) {
  farm.pool->shells().learn({.id = shell(number),
                             .server = farm.id(server),
                             .client = Farm::client(client),
                             .user = "secret",
                             .resource = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
                             .idle_limit = seconds(960)},
                            farm.now);
}

TEST(TableMirror, IsToldOfNewEntriesOnceAndOfTheirEnd) {
  Farm farm(3);
  Mirror mirror(farm);
  const auto at = farm.server(1);
  EXPECT_EQ(mirror.take(), 1U);
  EXPECT_EQ(mirror.at(1), farm.id(at));
  EXPECT_FALSE(mirror.entries.at(Farm::client(1)).holds);
  for (int i = 0; i < 100; ++i)
    farm.server(1);
  EXPECT_EQ(mirror.take(), 0U) << "a use tells nothing new";
  farm.wait(kTtl);
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(mirror.take(), 1U);
  EXPECT_TRUE(mirror.entries.empty());
}

TEST(TableMirror, NobodyWhoWatchesCostsNothing) {
  Farm farm(3);
  farm.server(1);
  EXPECT_TRUE(farm.pool->affinity().take_changes(farm.now).all.empty());
}

TEST(TableMirror, IsToldThatAnAddressHoldsSomethingWithItsFirstSession) {
  Farm farm(3);
  Mirror mirror(farm);
  const auto at = farm.server(1);
  mirror.take();
  for (int i = 0; i < 50; ++i) {
    farm.open(1, at);
    if (i == 0) {
      EXPECT_EQ(mirror.take(), 1U);
    }
    EXPECT_TRUE(mirror.entries.at(Farm::client(1)).holds);
    farm.close(1, at);
  }
  EXPECT_EQ(mirror.take(), 0U) << "a client with a connection for each request would write as often";
}

TEST(TableMirror, IsToldOfMoves) {
  Farm farm(2);
  Mirror mirror(farm);
  const auto at = farm.server(1);
  mirror.take();
  farm.set(at, Fitness::Down);
  const auto other = farm.server(1);
  ASSERT_NE(other, at);
  EXPECT_EQ(mirror.take(), 1U);
  EXPECT_EQ(mirror.at(1), farm.id(other));
  EXPECT_EQ(mirror.entries.at(Farm::client(1)).home, farm.id(at));
}

TEST(TableMirror, IsToldOfUseAboutEightTimesInATtlHoweverOftenItIs) {
  Farm farm(3);
  Mirror mirror(farm);
  farm.server(1);
  mirror.take();
  std::size_t told = 0;
  for (int i = 0; i < 7200; ++i) {
    farm.wait(seconds(1));
    farm.server(1);
    told += mirror.take();
  }
  EXPECT_EQ(told, 8U);
  EXPECT_LE(farm.now - mirror.entries.at(Farm::client(1)).last_used, kTtl / 8);
}

TEST(TableMirror, IsToldOfASessionThatNothingTouches) {
  Farm farm(3);
  Mirror mirror(farm);
  for (std::uint32_t client = 1; client <= 50; ++client)
    farm.open(client, farm.server(client));
  mirror.take();
  std::size_t told = 0;
  for (int i = 0; i < 7200 * 2; ++i) {
    farm.wait(seconds(1));
    if (i % 100 == 0) farm.server(7);
    farm.pool->affinity().sweep(farm.now);
    told += mirror.take();
    for (const auto& [client, entry] : mirror.entries)
      ASSERT_LE(farm.now - entry.last_used, kTtl / 4) << client.text() << " after " << i << " s";
  }
  EXPECT_LE(told, 50U * 2 * 8 + 1);
}

TEST(TableMirror, IsToldOfShellsTheirUseAndTheirEnd) {
  Farm farm(3);
  Mirror mirror(farm);
  learn(farm, 1, 5, 2);
  mirror.take();
  ASSERT_TRUE(mirror.pins.contains(shell(1)));
  EXPECT_EQ(mirror.pins.at(shell(1)).server, farm.id(2));
  EXPECT_EQ(mirror.pins.at(shell(1)).resource, "Microsoft.PowerShell");
  EXPECT_EQ(mirror.at(5), farm.id(2));
  std::size_t told = 0;
  for (int i = 0; i < 960; ++i) {
    farm.wait(seconds(1));
    ASSERT_TRUE(farm.pool->shells().use(shell(1), PinKind::Shell, Farm::client(5), farm.now));
    told += farm.pool->shells().take_changes().all.size();
  }
  EXPECT_EQ(told, 8U) << "each eighth of the idle limit";
  farm.pool->shells().end(shell(1), PinKind::Shell, farm.id(2));
  EXPECT_GE(mirror.take(), 1U);
  EXPECT_TRUE(mirror.pins.empty());
}

TEST(TableMirror, ThatDoesNotComeForTooLongMustBeToldEverything) {
  Farm farm(3, 1'000'000);
  Mirror mirror(farm);
  const std::uint32_t many = 64 * 4096 * 2;
  for (std::uint32_t client = 0; client < many; ++client)
    farm.server(client);
  mirror.take();
  EXPECT_FALSE(mirror.complete);
  std::size_t all = 0;
  for (std::size_t i = 0; i < AffinityTable::kParts; ++i)
    all += farm.pool->affinity().part(i, farm.now).size();
  EXPECT_EQ(all, many);
  farm.server(many);
  EXPECT_EQ(mirror.take(), 1U);
  EXPECT_TRUE(mirror.complete);
}

TEST(TableMirror, GivesBackWhatItWasTold) {
  Farm before(3);
  Mirror mirror(before);
  for (std::uint32_t client = 1; client <= 50; ++client)
    before.server(client);
  before.open(7, before.server(7));
  learn(before, 1, 8, before.server(8));
  mirror.take();

  Farm farm(3);
  farm.wait(seconds(100));
  for (auto& [client, entry] : mirror.entries)
    EXPECT_TRUE(farm.pool->affinity().restore(entry, farm.now));
  for (auto& [id, pin] : mirror.pins)
    EXPECT_TRUE(farm.pool->shells().restore(pin, farm.now));
  EXPECT_EQ(farm.clients(), before.clients());
  for (std::uint32_t client = 1; client <= 50; ++client)
    EXPECT_EQ(farm.text(client), before.text(client)) << client;
  EXPECT_EQ(farm.pool->shells().find(shell(1), PinKind::Shell), before.id(before.server(8)));
  EXPECT_EQ(farm.pool->shells().shells(), 1U);
  const auto row = farm.pool->affinity().find(Farm::client(8), farm.now);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->shells, 1U) << "a shell that is restored holds its address";
  EXPECT_TRUE(farm.pool->affinity().find(Farm::client(7), farm.now)->entry.holds)
      << "its sessions may have left a shell behind";
  EXPECT_FALSE(farm.pool->affinity().find(Farm::client(9), farm.now)->entry.holds);
}

TEST(TableMirror, ARestoredEntryDiesWhenItWouldHaveDied) {
  Farm farm(3);
  AffinityTable::Kept entry{
      .client = Farm::client(1), .server = farm.id(2), .since = farm.now, .last_used = farm.now};
  farm.wait(kTtl - seconds(1));
  EXPECT_TRUE(farm.pool->affinity().restore(entry, farm.now));
  EXPECT_FALSE(farm.pool->affinity().restore(entry, farm.now)) << "it is there";
  farm.wait(seconds(1));
  farm.pool->affinity().sweep(farm.now);
  EXPECT_EQ(farm.pool->affinity().counters().entries, 0U);
  EXPECT_FALSE(farm.pool->affinity().restore(entry, farm.now)) << "too old";
}

TEST(TableMirror, RestoresNoMoreThanThereIsRoomForAndNothingOfUnknownServers) {
  Farm farm(3, 10);
  int restored = 0;
  for (std::uint32_t client = 0; client < 20; ++client)
    restored += farm.pool->affinity().restore(
        {.client = Farm::client(client), .server = farm.id(1), .since = farm.now, .last_used = farm.now},
        farm.now);
  EXPECT_EQ(restored, 10);
  Farm other(3);
  EXPECT_FALSE(other.pool->affinity().restore(
      {.client = Farm::client(1), .server = ServerId(999), .since = other.now, .last_used = other.now},
      other.now));
  EXPECT_FALSE(other.pool->shells().restore({.id = shell(1),
                                             .server = ServerId(999),
                                             .since = other.now,
                                             .last_used = other.now,
                                             .idle_limit = seconds(60),
                                             .expires = other.now + seconds(60)},
                                            other.now));
  EXPECT_EQ(other.pool->affinity().counters().entries, 0U);
}

TEST(TableMirror, ARestoredPinDiesWhenItWouldHaveDied) {
  Farm farm(3);
  Mirror mirror(farm);
  learn(farm, 1, 5, 2);
  mirror.take();
  const auto kept = mirror.pins.at(shell(1));
  Farm next(3);
  next.now = farm.now + seconds(900);
  EXPECT_TRUE(next.pool->shells().restore(kept, next.now));
  next.now = kept.expires;
  EXPECT_FALSE(next.pool->shells().use(shell(1), PinKind::Shell, Farm::client(5), next.now));
  next.pool->shells().sweep(next.now);
  EXPECT_EQ(next.pool->shells().shells(), 0U);
  EXPECT_FALSE(next.pool->shells().restore(kept, next.now)) << "too old";
}

}  // namespace
}  // namespace winrmlb::balance
