#include "winrmlb/app/shutdown.h"

#include <gtest/gtest.h>

namespace winrmlb::app {
namespace {

using Step = Shutdown::Step;
using Phase = Shutdown::Phase;

constexpr config::Shutdown kSettings{
    .lead = seconds(5), .deadline = seconds(30), .after_upgrade = seconds(600)};

TimePoint at(int second) { return TimePoint{} + std::chrono::hours(1) + seconds(second); }

TEST(Shutdown, AServingProcessHasNothingToDo) {
  Shutdown shutdown;
  EXPECT_EQ(shutdown.tick(at(0), kSettings), Step::Nothing);
  EXPECT_TRUE(shutdown.serves());
  EXPECT_FALSE(shutdown.is_ending());
}

TEST(Shutdown, DuringTheLeadItIsUnreadyAndServes) {
  Shutdown shutdown;
  EXPECT_EQ(shutdown.end(at(0), kSettings), Step::BeUnready);
  EXPECT_FALSE(shutdown.serves()) << "which is what /readyz asks";
  EXPECT_FALSE(shutdown.is_ending());
  EXPECT_EQ(shutdown.tick(at(4), kSettings), Step::Nothing);
  EXPECT_EQ(shutdown.tick(at(5), kSettings), Step::EndSessions);
  EXPECT_EQ(shutdown.tick(at(5), kSettings), Step::Nothing) << "once";
  EXPECT_TRUE(shutdown.is_ending());
}

TEST(Shutdown, TheDeadlineCountsFromTheEndOfTheLead) {
  Shutdown shutdown;
  (void)shutdown.end(at(0), kSettings);
  (void)shutdown.tick(at(5), kSettings);
  EXPECT_EQ(shutdown.tick(at(34), kSettings), Step::Nothing);
  EXPECT_EQ(shutdown.tick(at(35), kSettings), Step::Cut);
  EXPECT_EQ(shutdown.tick(at(36), kSettings), Step::Cut) << "until all have ended";
}

TEST(Shutdown, WithoutALeadSessionsEndAtOnce) {
  auto settings = kSettings;
  settings.lead = milliseconds(0);
  Shutdown shutdown;
  EXPECT_EQ(shutdown.end(at(0), settings), Step::EndSessions);
  EXPECT_EQ(shutdown.tick(at(29), settings), Step::Nothing);
  EXPECT_EQ(shutdown.tick(at(30), settings), Step::Cut);
}

TEST(Shutdown, ASecondSignalCutsInWhateverPhase) {
  Shutdown leading;
  (void)leading.end(at(0), kSettings);
  EXPECT_EQ(leading.end(at(1), kSettings), Step::Cut);
  Shutdown draining;
  (void)draining.end(at(0), kSettings);
  (void)draining.tick(at(5), kSettings);
  EXPECT_EQ(draining.end(at(6), kSettings), Step::Cut);
  EXPECT_EQ(draining.end(at(7), kSettings), Step::Cut);
}

TEST(Shutdown, AProcessThatHasHandedOnServesItsSessionsForLong) {
  Shutdown shutdown;
  EXPECT_EQ(shutdown.hand_on(at(0), kSettings), Step::LeaveSessions);
  EXPECT_TRUE(shutdown.is_ending());
  EXPECT_EQ(shutdown.tick(at(599), kSettings), Step::Nothing);
  EXPECT_EQ(shutdown.tick(at(600), kSettings), Step::EndSessions);
  EXPECT_EQ(shutdown.tick(at(630), kSettings), Step::Cut);
}

TEST(Shutdown, AProcessThatHasHandedOnNeedsNoLead) {
  Shutdown shutdown;
  (void)shutdown.hand_on(at(0), kSettings);
  EXPECT_EQ(shutdown.end(at(10), kSettings), Step::EndSessions) << "nobody comes here any more";
  EXPECT_EQ(shutdown.phase(), Phase::Draining);
  EXPECT_EQ(shutdown.tick(at(40), kSettings), Step::Cut);
}

}  // namespace
}  // namespace winrmlb::app
