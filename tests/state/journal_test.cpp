#include "winrmlb/state/journal.h"

#include <set>

#include <gtest/gtest.h>

#include "state/records_support.h"

namespace winrmlb::state {
namespace {

using namespace support;

constexpr std::size_t kFileHeader = 16;

struct Journal {
  std::string bytes;
  std::vector<std::size_t> ends;  // of the frames
};

Journal written(const std::vector<Change>& changes) {
  Journal journal;
  append_journal_header(journal.bytes);
  for (const auto& change : changes) {
    EXPECT_TRUE(append_change(journal.bytes, change));
    journal.ends.push_back(journal.bytes.size());
  }
  return journal;
}

Known read(std::string_view bytes, JournalReport* report = nullptr, WallTime now = kNow) {
  const std::vector<char> exact(bytes.begin(), bytes.end());  // a byte beyond it is one beyond the heap block
  Records records;
  const auto made = read_journal({exact.data(), exact.size()}, now, records);
  if (report) *report = made;
  return known_of(records);
}

TEST(StateJournal, WhatIsWrittenIsReadAgain) {
  const std::vector<Change> changes = {
      put(address(1, "ps1")),
      put(address(2, "ps2")),
      put(pin(1, "ps1")),
      put(mode("ps1", config::ServerMode::Maintenance)),
      put({Key::server("teams", "ps1", Kind::Weight), Weight{7, 100}}),
      put({Key::address("teams", client(3), Kind::Assignment), Assignment{"ps2"}}),
      put({Key::server("teams", "ps1", Kind::Server), Server{"10.1.0.1"}})};
  JournalReport report;
  EXPECT_EQ(read(written(changes).bytes, &report), after(changes));
  EXPECT_EQ(report.changes, changes.size());
  EXPECT_EQ(report.damaged + report.lost_bytes + report.torn_bytes + report.skipped, 0U);
  const auto id = changes[2].key.pin_id();
  ASSERT_TRUE(id);
  EXPECT_EQ(id->id, shell(1));
  EXPECT_EQ(changes[0].key.ip(), client(1).ip());
  EXPECT_FALSE(changes[3].key.ip());
}

TEST(StateJournal, TheLastChangeOfAKeyCounts) {
  const auto known = read(
      written({put(pin(1, "ps1")), put(pin(2, "ps1")), put(pin(1, "ps2")), gone(pin(2, "ps1").key)}).bytes);
  EXPECT_EQ(known, after({put(pin(1, "ps2"))}));
}

TEST(StateJournal, AnEmptyOneIsNoMistake) {
  JournalReport report;
  EXPECT_TRUE(read("", &report).empty());
  EXPECT_EQ(report.damaged + report.torn_bytes, 0U);
  EXPECT_TRUE(read(written({}).bytes, &report).empty());
  EXPECT_EQ(report.damaged + report.torn_bytes, 0U);
}

TEST(StateJournal, WhatIsTooOldIsDroppedAndCounted) {
  JournalReport report;
  const auto bytes = written({put(address(1, "ps1")), put(pin(1, "ps1"))}).bytes;
  EXPECT_EQ(read(bytes, &report, kNow + seconds(600)).size(), 1U);
  EXPECT_EQ(report.expired, 1U);
  EXPECT_EQ(read(bytes, &report, kNow + seconds(600) - milliseconds(1)).size(), 2U);
}

TEST(StateJournal, CutAnywhereItIsAsItWasBeforeThat) {
  const auto changes = history(60);
  const auto journal = written(changes);
  for (std::size_t cut = 0; cut <= journal.bytes.size(); ++cut) {
    std::vector<Change> whole;
    for (std::size_t i = 0; i < changes.size() && journal.ends[i] <= cut; ++i)
      whole.push_back(changes[i]);
    JournalReport report;
    ASSERT_EQ(read(journal.bytes.substr(0, cut), &report), after(whole)) << "cut at " << cut;
    ASSERT_EQ(report.damaged, 0U) << "a torn end is no damage: cut at " << cut;
    const std::size_t good = cut < kFileHeader ? 0
                             : whole.empty()   ? kFileHeader
                                               : journal.ends[whole.size() - 1];
    ASSERT_EQ(report.torn_bytes, cut - good) << "cut at " << cut;
  }
}

TEST(StateJournal, ADamagedByteCostsAtMostItsRecordAndNeverRevivesAnOlderOne) {
  const auto changes = history(60);
  const auto journal = written(changes);
  const auto true_ones = after(changes);
  for (std::size_t at = 0; at < journal.bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      auto bytes = journal.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      JournalReport report;
      const auto known = read(bytes, &report);
      ASSERT_GT(report.damaged, 0U) << "at " << at;
      ASSERT_EQ(report.lost_bytes, 0U) << "at " << at;
      std::size_t missing = 0;
      for (const auto& [key, record] : true_ones)
        missing += known.contains(key) ? 0 : 1;
      ASSERT_LE(missing, 1U) << "at " << at;
      for (const auto& [key, record] : known) {
        const auto is = true_ones.find(key);
        // A key whose end was lost is known as before: its server will say that the shell is gone.
        if (is != true_ones.end()) {
          ASSERT_EQ(record, is->second) << "an older record came back: at " << at;
        }
      }
    }
  }
}

TEST(StateJournal, ADamagedHeaderIsRepairedFromThePayload) {
  const auto changes = history(20);
  const auto journal = written(changes);
  for (std::size_t at = journal.ends[9]; at < journal.ends[9] + 18; ++at) {
    auto bytes = journal.bytes;
    bytes[at] = static_cast<char>(~bytes[at]);
    JournalReport report;
    ASSERT_EQ(read(bytes, &report), after(changes)) << at;
    ASSERT_EQ(report.repaired, 1U);
  }
}

TEST(StateJournal, HoweverDamagedNothingIsReadThatWasNeverWritten) {
  const auto changes = history(200);
  const auto journal = written(changes);
  std::set<std::string> ever;
  const auto text = [](const Change& change) {
    std::string bytes;
    append_change(bytes, change);
    return bytes;
  };
  for (const auto& change : changes)
    ever.insert(text(change));
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = journal.bytes;
    for (auto flips = random() % 40 + 1; flips > 0; --flips)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    if (round % 3 == 0) bytes.erase(random() % bytes.size(), random() % 300);
    if (round % 5 == 0) bytes.replace(random() % bytes.size(), 200, std::string(200, '\0'));
    for (const auto& [key, record] : read(bytes))
      ASSERT_TRUE(ever.contains(text(put(record)))) << "round " << round;
  }
}

TEST(StateJournal, AfterASectorOfZerosTheRestIsRead) {
  const auto changes = history(100);
  auto bytes = written(changes).bytes;
  bytes.replace(512, 512, std::string(512, '\0'));
  JournalReport report;
  read(bytes, &report);
  EXPECT_GT(report.lost_bytes, 0U);
  EXPECT_GT(report.changes, 80U);
}

TEST(StateJournal, KindsThatAreNotKnownAreSkipped) {
  auto unknown = put(address(1, "ps1"));
  unknown.key.kind = static_cast<Kind>(99);
  unknown.value.reset();
  JournalReport report;
  EXPECT_EQ(read(written({unknown, put(pin(1, "ps1"))}).bytes, &report), after({put(pin(1, "ps1"))}));
  EXPECT_EQ(report.skipped, 1U);
  EXPECT_EQ(report.damaged, 0U);
}

TEST(StateJournal, WhatIsLongerThanAPayloadMayBeIsNotWritten) {
  auto big = pin(1, "ps1");
  std::string bytes;
  const auto room = [&](std::size_t resource) {
    std::get<Pin>(big.value).resource.assign(resource, 'x');
    return append_change(bytes, put(big));
  };
  std::size_t most = 0;
  while (room(most + 1))
    ++most;
  EXPECT_GT(most, 800U);
  bytes.clear();
  EXPECT_FALSE(room(most + 1));
  EXPECT_TRUE(bytes.empty());
}

TEST(StateJournal, TimesBeyondTheClockAreItsEnds) {
  auto record = address(1, "ps1");
  record.expires = WallTime::max();
  std::get<Address>(record.value).since = WallTime::min();
  const auto known = read(written({put(record)}).bytes);
  ASSERT_EQ(known.size(), 1U);
  EXPECT_GT(known.begin()->second.expires, kNow + std::chrono::hours(24 * 365 * 100));
  EXPECT_LT(std::get<Address>(known.begin()->second.value).since, kNow);
}

}  // namespace
}  // namespace winrmlb::state
