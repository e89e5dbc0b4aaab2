#include "winrmlb/health/state.h"

#include <gtest/gtest.h>

namespace winrmlb::health {
namespace {

using balance::Fitness;
using config::Probe;
using enum Evidence;

constexpr TimePoint kStart{};

config::Health settings(std::uint8_t fall = 2, std::uint8_t rise = 2) {
  config::Health health;
  health.fall = fall;
  health.rise = rise;
  return health;
}

HealthState fresh(std::uint8_t fall = 2, std::uint8_t rise = 2) {
  return HealthState(settings(fall, rise), {Probe::Identify});
}

Finding found(Evidence evidence) { return {evidence, std::string(name_of(evidence))}; }

// What a row of findings makes of a fresh server.
Fitness after(HealthState state, const std::vector<Evidence>& findings) {
  for (const auto evidence : findings)
    state.take(0, found(evidence), kStart);
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
      {{Unavailable}, Fitness::Suspect},
      {{Refused, Refused}, Fitness::Down},
      {{Refused, Reset}, Fitness::Down},
      {{TimedOut, TimedOut}, Fitness::Down},
      {{Unreachable, Unreachable}, Fitness::Down},
      {{WrongAnswer, Unavailable}, Fitness::Down},
      {{Pass, Refused}, Fitness::Suspect},
      {{Pass, Refused, Pass}, Fitness::Up},
      {{Pass, Refused, Refused}, Fitness::Down},
      {{Pass, TimedOut, Pass, TimedOut}, Fitness::Suspect},
      {{Pass, TimedOut, Pass, TimedOut, TimedOut}, Fitness::Down},
      {{Refused, Refused, Pass}, Fitness::Down},
      {{Refused, Refused, Pass, Pass}, Fitness::Up},
      {{Refused, Refused, Pass, Refused, Pass}, Fitness::Down},
      {{Refused, Refused, Pass, Pass, Refused}, Fitness::Suspect},
      {{NotMade}, Fitness::Up},
      {{Pass, TimedOut, NotMade}, Fitness::Up},
      {{Refused, Refused, NotMade, NotMade}, Fitness::Down},
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

TEST(HealthState, OnePassIsEnoughWhenNoOtherServerIsFit) {
  auto state = fresh(2, 3);
  state.take(0, found(Refused), kStart);
  state.take(0, found(Refused), kStart);
  const auto up = state.take(0, found(Pass), kStart, Others::None);
  ASSERT_TRUE(up);
  EXPECT_EQ(up->to, Fitness::Up);
}

TEST(HealthState, TellsEachTransitionOnceWithItsReasonAndItsKind) {
  auto state = fresh();
  const auto up = state.take(0, {Pass, {}}, kStart);
  ASSERT_TRUE(up);
  EXPECT_EQ(up->from, Fitness::Checking);
  EXPECT_EQ(up->to, Fitness::Up);
  EXPECT_FALSE(state.take(0, {Pass, {}}, kStart + seconds(1)));
  EXPECT_EQ(state.since(), kStart);
  ASSERT_TRUE(state.take(0, {Refused, "ps1 refused"}, kStart + seconds(2)));
  EXPECT_EQ(state.why(), "ps1 refused");
  EXPECT_EQ(state.since(), kStart + seconds(2));
  const auto down = state.take(0, {Refused, "ps1 refused again"}, kStart + seconds(3));
  ASSERT_TRUE(down);
  EXPECT_EQ(down->from, Fitness::Suspect);
  EXPECT_TRUE(down->hard);
  EXPECT_EQ(state.why(), "ps1 refused again");
  EXPECT_FALSE(state.take(0, {Refused, "and again"}, kStart + seconds(4)));

  auto silent = fresh();
  silent.take(0, found(TimedOut), kStart);
  const auto soft = silent.take(0, found(TimedOut), kStart);
  ASSERT_TRUE(soft);
  EXPECT_FALSE(soft->hard);
}

TEST(HealthState, ASuspectIsCheckedAtOnceAndOthersAtTheInterval) {
  auto state = fresh();
  EXPECT_EQ(state.next_check_in(0), Duration::zero());
  state.take(0, {Pass, {}}, kStart);
  EXPECT_EQ(state.next_check_in(0), milliseconds(2000));
  state.take(0, {Refused, {}}, kStart);
  EXPECT_EQ(state.next_check_in(0), Duration::zero());
  state.take(0, {Refused, {}}, kStart);
  EXPECT_EQ(state.next_check_in(0), milliseconds(2000));
  auto soft = fresh();
  soft.take(0, {TimedOut, {}}, kStart);
  EXPECT_LE(soft.next_check_in(0), milliseconds(200));
  EXPECT_GT(soft.next_check_in(0), Duration::zero())
      << "a name without an address would be asked for in a loop";
}

// ---- several kinds of checks
// --------------------------------------------------------------------------------------

TEST(HealthState, AServerIsWhatItsWorstCheckSays) {
  HealthState state(settings(), {Probe::Identify, Probe::Shell});
  state.take(0, found(Pass), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Checking) << "the shell has not been tried";
  state.take(1, found(Pass), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Up);
  state.take(1, found(WrongAnswer), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Suspect);
  state.take(0, found(Pass), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Suspect) << "another check's pass says nothing of this one";
  state.take(1, found(WrongAnswer), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Down);
  state.take(0, found(Pass), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Down);
  state.take(1, found(Pass), kStart);
  state.take(1, found(Pass), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Up);
}

TEST(HealthState, EachCheckHasItsOwnTimes) {
  auto health = settings();
  health.identify.interval = milliseconds(700);
  HealthState state(health, {Probe::Tcp, Probe::Identify, Probe::Shell});
  for (std::size_t rung = 0; rung < 3; ++rung)
    state.take(rung, found(Pass), kStart);
  EXPECT_EQ(state.next_check_in(0), milliseconds(2000));
  EXPECT_EQ(state.next_check_in(1), milliseconds(700));
  EXPECT_EQ(state.next_check_in(2), seconds(60));
}

TEST(HealthState, ARefusedLoginIsNotRepeatedAtOnceAndEverMoreSeldom) {
  HealthState state(settings(), {Probe::Authenticated});
  state.take(0, found(LoginRefused), kStart);
  EXPECT_EQ(state.next_check_in(0), seconds(30));
  state.take(0, found(LoginRefused), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Down);
  EXPECT_EQ(state.next_check_in(0), seconds(120));
  state.take(0, found(LoginRefused), kStart);
  EXPECT_EQ(state.next_check_in(0), seconds(240));
}

TEST(HealthState, AnAddedCheckIsNoReasonToDoubtAServerThatIsUp) {
  auto state = fresh();
  state.take(0, found(Pass), kStart);
  state.adopt(settings(), {Probe::Shell, Probe::Identify}, {std::nullopt, 0});
  EXPECT_FALSE(state.take(1, found(Pass), kStart));
  EXPECT_EQ(state.fitness(), Fitness::Up);
  EXPECT_EQ(state.fitness(0), Fitness::Checking);
}

// ---- hold-down
// ----------------------------------------------------------------------------------------------

void fall(HealthState& state, TimePoint now) {
  state.take(0, found(Refused), now);
  state.take(0, found(Refused), now);
  ASSERT_EQ(state.fitness(), Fitness::Down);
}
bool rises(HealthState& state, TimePoint now) {
  state.take(0, found(Pass), now);
  state.take(0, found(Pass), now);
  return state.fitness() == Fitness::Up;
}

TEST(HealthState, OneThatFlapsStaysDownLongerEachTime) {
  auto state = fresh();
  ASSERT_TRUE(rises(state, kStart));
  TimePoint now = kStart;
  fall(state, now);
  EXPECT_TRUE(rises(state, now)) << "a first fall is no flapping";
  for (const auto hold : {seconds(5), seconds(10), seconds(20), seconds(40)}) {
    now += seconds(1);
    fall(state, now);
    EXPECT_FALSE(rises(state, now + hold - milliseconds(1)));
    EXPECT_NE(state.why().find("stays down for at least " + std::to_string(hold.count()) + "s"),
              std::string::npos)
        << state.why();
    EXPECT_TRUE(rises(state, now + hold));
    now += hold;
  }
}

TEST(HealthState, AFallIsForgottenAfterAMinute) {
  auto state = fresh();
  ASSERT_TRUE(rises(state, kStart));
  fall(state, kStart);
  ASSERT_TRUE(rises(state, kStart));
  fall(state, kStart + seconds(60));
  EXPECT_TRUE(rises(state, kStart + seconds(60)));
}

TEST(HealthState, HoldDownHasAMostAndDoesNotCountWithoutAnotherServer) {
  auto health = settings();
  health.hold_down_most = seconds(7);
  HealthState state(health, {Probe::Identify});
  TimePoint now = kStart;
  ASSERT_TRUE(rises(state, now));
  for (int i = 0; i < 40; ++i) {
    now += seconds(1);
    fall(state, now);
    now += seconds(7);
    ASSERT_TRUE(rises(state, now)) << "fall " << i;
  }
  fall(state, now);
  EXPECT_TRUE(state.take(0, found(Pass), now, Others::None));
}

// ---- what sessions see
// -------------------------------------------------------------------------------------------

TEST(HealthState, AConnectFailureAndOneCheckMakeTheTwoRefusals) {
  auto state = fresh();
  state.take(0, found(Pass), kStart);
  const auto suspect = state.take_connect_failure(found(Refused), kStart);
  ASSERT_TRUE(suspect);
  EXPECT_EQ(suspect->to, Fitness::Suspect);
  EXPECT_FALSE(state.take_connect_failure(found(Refused), kStart)) << "many sessions are one suspicion";
  EXPECT_EQ(state.fitness(), Fitness::Suspect);
  state.take(0, found(Refused), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Down);
}

TEST(HealthState, WeightOfSignalsAddsUpToASuspicionAndFades) {
  auto state = fresh();
  state.take(0, found(Pass), kStart);
  auto reset = state.take_signal(PassiveSignal::ResetMidAnswer, kStart);
  EXPECT_FALSE(reset.transition);
  EXPECT_TRUE(reset.check_now) << "worth a look";
  state.take_signal(PassiveSignal::ResetMidAnswer, kStart);
  EXPECT_FALSE(state.take_signal(PassiveSignal::ResetMidAnswer, kStart + seconds(9)).transition)
      << "the first two have nearly faded";
  state.take_signal(PassiveSignal::ResetMidAnswer, kStart + seconds(9));
  reset = state.take_signal(PassiveSignal::ResetMidAnswer, kStart + seconds(9));
  ASSERT_TRUE(reset.transition);
  EXPECT_EQ(reset.transition->to, Fitness::Suspect);
  EXPECT_TRUE(state.take(0, found(Pass), kStart + seconds(9))) << "a pass lifts it";
}

TEST(HealthState, One503AndOneFailedCheckTakeAServerDown) {
  auto state = fresh();
  state.take(0, found(Pass), kStart);
  ASSERT_TRUE(state.take_signal(PassiveSignal::Status503, kStart).transition);
  EXPECT_EQ(state.next_check_in(0), Duration::zero());
  state.take(0, found(Unavailable), kStart);
  EXPECT_EQ(state.fitness(), Fitness::Down);
}

TEST(HealthState, ServersThatFailSessionsAndPassChecksStaySuspect) {
  auto state = fresh();
  state.take(0, found(Pass), kStart);
  for (int i = 0; i < 3; ++i) {
    state.take_signal(PassiveSignal::Status503, kStart);
    state.take(0, found(Pass), kStart);
  }
  EXPECT_EQ(state.fitness(), Fitness::Suspect);
  EXPECT_EQ(state.next_check_in(0), milliseconds(2000)) << "its checks pass; they need no hurry";
  state.take(0, found(Pass), kStart + seconds(2));
  EXPECT_EQ(state.fitness(), Fitness::Up) << "the weight has faded";
}

TEST(HealthState, AFullQuotaCountsOnlyIfItIsGivenAWeight) {
  auto wanted = settings();
  wanted.passive.quota = 3;
  HealthState state(wanted, {Probe::Identify});
  state.take(0, found(Pass), kStart);
  EXPECT_TRUE(state.take_signal(PassiveSignal::QuotaFault, kStart).check_now);
  EXPECT_EQ(state.fitness(), Fitness::Suspect);
  EXPECT_EQ(state.why(), "sessions report quota_fault");
}

TEST(HealthState, QuotasAndLostShellsSayNothingAboutHealth) {
  auto state = fresh();
  state.take(0, found(Pass), kStart);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(state.take_signal(PassiveSignal::QuotaFault, kStart).check_now);
    EXPECT_FALSE(state.take_signal(PassiveSignal::ShellLost, kStart).check_now);
  }
  EXPECT_EQ(state.fitness(), Fitness::Up);
}

}  // namespace
}  // namespace winrmlb::health
