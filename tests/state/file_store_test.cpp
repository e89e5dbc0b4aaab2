#include "winrmlb/state/file_store.h"

#include <csignal>
#include <filesystem>
#include <sys/resource.h>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "state/records_support.h"
#include "support/scratch.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::state {
namespace {

using namespace support;
using ::testing::HasSubstr;

class FileStoreTest : public ::testing::Test {
 protected:
  FileStoreOptions options(std::size_t least_bytes = std::size_t{1} << 20) {
    return {.path = scratch.path("state"), .least_bytes = least_bytes, .retry = Duration::zero()};
  }
  Known open(FileStore& store) {
    Known known;
    auto opened = store.open(kNow, [&](const Change& change) { take_note(known, change); });
    EXPECT_TRUE(opened) << opened.error().detail;
    if (opened) report = *opened;
    return known;
  }
  Known load() {
    FileStore store(options(), log);
    return open(store);
  }
  /// Tells everything, as the user of a store does when it wants that.
  static void tell_all(FileStore& store, const Known& known) {
    store.begin_all();
    for (const auto& [key, record] : known)
      store.put(record, Put::OneOfAll);
    store.end_all();
    store.tick(net::now());
  }
  /// False: not within ten seconds.
  template <typename Condition>
  static bool await(FileStore& store, Condition condition) {
    const auto until = net::now() + seconds(10);
    while (!condition()) {
      if (net::now() > until) return false;
      store.tick(net::now());
      std::this_thread::yield();
    }
    return true;
  }

  Scratch scratch;
  telemetry::Log log{{.file = scratch.path("log")}};
  JournalReport report;
};

TEST_F(FileStoreTest, WhatIsPutIsThereAfterARestart) {
  const auto changes = history(300);
  {
    FileStore store(options(), log);
    EXPECT_TRUE(open(store).empty());
    for (const auto& change : changes) {
      if (change.value) {
        store.put({change.key, *change.value, change.expires}, Put::Changed);
      } else {
        store.erase(change.key);
      }
    }
    store.close();
  }
  EXPECT_EQ(load(), after(changes));
  const auto mode = std::filesystem::status(scratch.path("state")).permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(FileStoreTest, ASecondProcessIsRefusedUntilTheFirstCloses) {
  FileStore first(options(), log);
  open(first);
  FileStore second(options(), log);
  const auto refused = second.open(kNow, [](const Change&) {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail,
              HasSubstr("another process uses the state in " + scratch.path("state")));
  tell_all(first, after(history(50)));
  first.close();
  EXPECT_EQ(open(second), after(history(50)));
}

TEST_F(FileStoreTest, ItsFolderMustBeThere) {
  FileStore store({.path = scratch.path("none/state")}, log);
  const auto refused = store.open(kNow, [](const Change&) {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("none/state"));
}

TEST_F(FileStoreTest, ATornEndIsCutOffAndWrittenOnFromThere) {
  {
    FileStore store(options(), log);
    open(store);
    store.put(pin(1, "ps1"), Put::Changed);
    store.put(pin(2, "ps1"), Put::Changed);
    store.close();
  }
  auto bytes = scratch.read("state");
  scratch.write("state", bytes.substr(0, bytes.size() - 3));
  {
    FileStore store(options(), log);
    EXPECT_EQ(open(store), after({put(pin(1, "ps1"))}));
    EXPECT_GT(report.torn_bytes, 0U);
    store.put(pin(3, "ps2"), Put::Changed);
    store.close();
  }
  EXPECT_EQ(load(), after({put(pin(1, "ps1")), put(pin(3, "ps2"))}));
  EXPECT_EQ(report.damaged + report.torn_bytes, 0U);
}

TEST_F(FileStoreTest, IsRewrittenWhenItHasGrownAndNothingIsLostMeanwhile) {
  Known known;
  {
    FileStore store(options(4096), log);
    open(store);
    EXPECT_TRUE(store.wants_all()) << "what was read is rewritten at once";
    tell_all(store, {});
    ASSERT_TRUE(await(store, [&] { return store.counters().rewrites == 1; }));
    EXPECT_FALSE(store.wants_all());
    const auto tell = [&](const Record& record) {
      known[record.key] = record;
      store.put(record, Put::Changed);
    };
    std::uint64_t round = 0;
    ASSERT_TRUE(await(store, [&] {
      tell(pin(round % 4, "ps" + std::to_string(round % 3)));
      ++round;
      return store.wants_all();
    }));
    EXPECT_GT(store.counters().bytes, 4096U);
    store.begin_all();
    const auto all = known;
    tell(pin(1, "between"));
    tell(pin(9, "between"));
    for (const auto& [key, record] : all) {
      if (key != pin(1, "").key) store.put(record, Put::OneOfAll);
    }
    store.end_all();
    ASSERT_TRUE(await(store, [&] { return store.counters().rewrites == 2; }));
    EXPECT_LT(store.counters().bytes, 4096U);
    tell(pin(2, "after"));
    store.close();
  }
  EXPECT_EQ(load(), known);
  EXPECT_FALSE(std::filesystem::exists(scratch.path("state.new")));
}

TEST_F(FileStoreTest, ACrashWhileItIsRewrittenLeavesTheOldOne) {
  {
    FileStore store(options(), log);
    open(store);
    store.put(pin(1, "ps1"), Put::Changed);
    store.begin_all();
    store.put(pin(2, "ps2"), Put::OneOfAll);
    store.close();  // without the end of it
  }
  EXPECT_EQ(load(), after({put(pin(1, "ps1"))}));
}

TEST_F(FileStoreTest, WhatTheQueueCannotTakeIsAskedForAgain) {
  auto small = options();
  small.queued_bytes = 1000;
  FileStore store(small, log);
  open(store);
  tell_all(store, {});
  ASSERT_TRUE(await(store, [&] { return store.counters().rewrites == 1; }));
  for (std::uint64_t i = 0; i < 5000 && !store.wants_all(); ++i)
    store.put(pin(i, "ps1"), Put::Changed);
  EXPECT_TRUE(store.wants_all());
  // And a rewriting that has missed something does not replace what is there.
  store.begin_all();
  for (std::uint64_t i = 0; i < 5000; ++i)
    store.put(pin(i, "ps1"), Put::OneOfAll);
  store.end_all();
  EXPECT_TRUE(store.wants_all());
  store.close();
  EXPECT_EQ(store.counters().rewrites, 1U);
}

TEST_F(FileStoreTest, OfAnotherVersionItIsKeptAside) {
  std::string header;
  append_journal_header(header);
  ASSERT_EQ(header.size(), 16U);
  header[8] = 2;
  // The CRC of a header of version 2.
  const std::string crc{'\x77', '\xc8', '\x5d', '\xdb'};
  scratch.write("state", header.substr(0, 12) + crc + "something that only it understands");
  const auto before = scratch.read("state");
  const auto known = load();
  EXPECT_TRUE(known.empty());
  EXPECT_EQ(report.other_version, 2U);
  EXPECT_EQ(scratch.read("state.version2"), before);
}

TEST_F(FileStoreTest, AFullDiskIsSaidOnceAndEverythingIsWrittenWhenThereIsRoomAgain) {
  Known known;
  for (std::uint64_t i = 0; i < 100; ++i)
    take_note(known, put(pin(i, "ps1")));
  {
    FileStore store(options(), log);
    open(store);
    tell_all(store, {});
    ASSERT_TRUE(await(store, [&] { return store.counters().rewrites == 1; }));
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    log.flush();
    const rlimit tight{std::filesystem::file_size(scratch.path("log")) + 2000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    for (const auto& [key, record] : known)
      store.put(record, Put::Changed);
    EXPECT_TRUE(await(store, [&] { return store.counters().failing && store.wants_all(); }));
    tell_all(store, known);
    EXPECT_TRUE(await(store, [&] { return store.counters().failures >= 2; }));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, handler);
    EXPECT_TRUE(await(store, [&] { return store.wants_all(); }));
    tell_all(store, known);
    EXPECT_TRUE(await(store, [&] { return !store.counters().failing; }));
    store.close();
  }
  EXPECT_EQ(load(), known);
  log.flush();
  EXPECT_THAT(scratch.read("log"), HasSubstr("a restart would not know"));
  EXPECT_THAT(scratch.read("log"), HasSubstr("written again"));
}

}  // namespace
}  // namespace winrmlb::state
