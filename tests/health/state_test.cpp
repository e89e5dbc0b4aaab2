#include "winrmlb/health/state.h"

#include <gtest/gtest.h>

namespace winrmlb::health {
namespace {

using balance::Fitness;
using enum Evidence;

constexpr TimePoint kStart{};

HealthState fresh(std::uint8_t fall = 2, std::uint8_t rise = 2) {
  return HealthState({.interval = milliseconds(2000), .fall = fall, .rise = rise});
}

// What a row of findings makes of a fresh server.
Fitness after(HealthState state, const std::vector<Evidence>& findings) {
  for (const auto evidence : findings)
    state.take({evidence, std::string(name_of(evidence))}, kStart);
  return state.fitness();
}

TEST(HealthState, EveryRowOfFindingsLeadsWhereTheDiagramSays) {
  struct Row {
    std::vector<Evidence> findings;
    Fitness end;
  };
  const Row rows[] = {
      {{}, Fitness::Checking},
      {{Pass}, Fitness::Up},
      {{Refused}, Fitness::Suspect},
      {{TimedOut}, Fitness::Suspect},
      {{Unresolved}, Fitness::Suspect},
      {{Refused, Refused}, Fitness::Down},
      {{TimedOut, TimedOut}, Fitness::Down},
      {{Unreachable, Unreachable}, Fitness::Down},
      {{Pass, Refused}, Fitness::Suspect},
      {{Pass, Refused, Pass}, Fitness::Up},
      {{Pass, Refused, Refused}, Fitness::Down},
      {{Pass, TimedOut, Pass, TimedOut}, Fitness::Suspect},
      {{Pass, TimedOut, Pass, TimedOut, TimedOut}, Fitness::Down},
      {{Refused, Refused, Pass}, Fitness::Down},
      {{Refused, Refused, Pass, Pass}, Fitness::Up},
      {{Refused, Refused, Pass, Refused, Pass}, Fitness::Down},
      {{Refused, Refused, Pass, Pass, Refused}, Fitness::Suspect},
  };
  for (const auto& row : rows) {
    std::string path;
    for (const auto evidence : row.findings)
      path += std::string(name_of(evidence)) + " ";
    EXPECT_EQ(after(fresh(), row.findings), row.end) << path;
  }
}

TEST(HealthState, TimeOutsNeedTheConfiguredFallAndRefusalsOnlyTwo) {
  EXPECT_EQ(after(fresh(5), {Pass, TimedOut, TimedOut, TimedOut, TimedOut}), Fitness::Suspect);
  EXPECT_EQ(after(fresh(5), {Pass, TimedOut, TimedOut, TimedOut, TimedOut, TimedOut}), Fitness::Down);
  EXPECT_EQ(after(fresh(5), {Pass, Refused, Refused}), Fitness::Down);
  EXPECT_EQ(after(fresh(5), {Pass, Refused, TimedOut, Refused}), Fitness::Suspect) << "not refused in a row";
}

TEST(HealthState, OneFailureNeverTakesAServerDown) {
  EXPECT_EQ(after(fresh(1), {Pass, TimedOut}), Fitness::Suspect);
  EXPECT_EQ(after(fresh(1), {Pass, TimedOut, TimedOut}), Fitness::Down);
}

TEST(HealthState, ComesUpAfterTheConfiguredRise) {
  EXPECT_EQ(after(fresh(2, 3), {Refused, Refused, Pass, Pass}), Fitness::Down);
  EXPECT_EQ(after(fresh(2, 3), {Refused, Refused, Pass, Pass, Pass}), Fitness::Up);
  EXPECT_EQ(after(fresh(2, 3), {Pass}), Fitness::Up) << "a first pass needs no rise";
}

TEST(HealthState, TellsEachTransitionOnceWithItsReason) {
  auto state = fresh();
  const auto up = state.take({Pass, {}}, kStart);
  ASSERT_TRUE(up);
  EXPECT_EQ(up->from, Fitness::Checking);
  EXPECT_EQ(up->to, Fitness::Up);
  EXPECT_FALSE(state.take({Pass, {}}, kStart + seconds(1)));
  EXPECT_EQ(state.since(), kStart);
  ASSERT_TRUE(state.take({Refused, "ps1 refused"}, kStart + seconds(2)));
  EXPECT_EQ(state.why(), "ps1 refused");
  EXPECT_EQ(state.since(), kStart + seconds(2));
  const auto down = state.take({Refused, "ps1 refused again"}, kStart + seconds(3));
  ASSERT_TRUE(down);
  EXPECT_EQ(down->from, Fitness::Suspect);
  EXPECT_EQ(state.why(), "ps1 refused again");
  EXPECT_FALSE(state.take({Refused, "and again"}, kStart + seconds(4)));
}

TEST(HealthState, ASuspectIsCheckedAtOnceAndOthersAtTheInterval) {
  auto state = fresh();
  EXPECT_EQ(state.next_check_in(), Duration::zero());
  state.take({Pass, {}}, kStart);
  EXPECT_EQ(state.next_check_in(), milliseconds(2000));
  state.take({Refused, {}}, kStart);
  EXPECT_EQ(state.next_check_in(), Duration::zero());
  state.take({Refused, {}}, kStart);
  EXPECT_EQ(state.next_check_in(), milliseconds(2000));
  auto soft = fresh();
  soft.take({TimedOut, {}}, kStart);
  EXPECT_LE(soft.next_check_in(), milliseconds(200));
  EXPECT_GT(soft.next_check_in(), Duration::zero())
      << "a name without an address would be asked for in a loop";
}

}  // namespace
}  // namespace winrmlb::health
