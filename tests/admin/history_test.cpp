#include "winrmlb/admin/history.h"

#include <gtest/gtest.h>

namespace winrmlb::admin {
namespace {

TEST(History, HoldsWhatGrewInEachIntervalAndWhatWasThereAtItsEnd) {
  History history{TimePoint{}};
  EXPECT_FALSE(history.is_due(TimePoint{} + seconds(9)));
  EXPECT_TRUE(history.is_due(TimePoint{} + seconds(10)));
  history.note({.requests = 100, .polls = 30, .faults = 2, .errors = 1, .sessions = 7, .shells = 3},
               {{ServerId(1), "teams", "ps1", 70, 1, 5, 2, 4}}, TimePoint{} + seconds(10), WallTime{});
  history.note({.requests = 150, .polls = 30, .faults = 2, .errors = 1, .sessions = 8, .shells = 2},
               {{ServerId(1), "teams", "ps1", 90, 1, 6, 2, 4}, {ServerId(2), "teams", "ps2", 9, 0, 1, 0, 1}},
               TimePoint{} + seconds(20), WallTime{} + seconds(20));
  const auto all = history.to_json();
  EXPECT_EQ(all.at("interval_seconds"), 10);
  EXPECT_EQ(all.at("at"), "1970-01-01T00:00:20Z");
  EXPECT_EQ(all.at("requests").as_array(), (boost::json::array{100, 50}));
  EXPECT_EQ(all.at("polls").as_array(), (boost::json::array{30, 0}));
  EXPECT_EQ(all.at("sessions").as_array(), (boost::json::array{7, 8}));
  EXPECT_EQ(all.at("servers").at(0).at("sessions").as_array(), (boost::json::array{5, 6}));
  EXPECT_EQ(all.at("servers").at(0).at("requests").as_array(), (boost::json::array{70, 20}));
  EXPECT_EQ(all.at("servers").at(1).at("sessions").as_array(), (boost::json::array{nullptr, 1}))
      << "a server that came later was not there";
}

TEST(History, KeepsAnHourAndTheLastChanges) {
  History history{TimePoint{}};
  for (std::uint64_t i = 1; i <= History::kIntervals + 1; ++i)
    history.note({.requests = i * i}, {}, TimePoint{} + seconds(10) * i, WallTime{});
  const auto all = history.to_json();
  EXPECT_EQ(all.at("requests").as_array().size(), History::kIntervals);
  EXPECT_EQ(all.at("requests").at(0), 3) << "the first one has gone";
  for (std::size_t i = 0; i <= History::kChanges; ++i)
    history.note({.at = {},
                  .pool = "teams",
                  .server = "ps" + std::to_string(i),
                  .from = "up",
                  .to = "down",
                  .why = ""});
  const auto later = history.to_json();
  EXPECT_EQ(later.at("changes").as_array().size(), History::kChanges);
  EXPECT_EQ(later.at("changes").at(0).at("server"), "ps1");
}

TEST(History, AServerThatHasLeftIsForgotten) {
  History history{TimePoint{}};
  history.note({}, {{ServerId(1), "teams", "ps1", 70, 1, 5, 2, 4}}, TimePoint{} + seconds(10), WallTime{});
  history.note({}, {}, TimePoint{} + seconds(20), WallTime{});
  EXPECT_TRUE(history.to_json().at("servers").as_array().empty());
}

}  // namespace
}  // namespace winrmlb::admin
