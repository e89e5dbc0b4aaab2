#include "winrmlb/app/pulse.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace winrmlb::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr seconds kLimit{10};

// Workers that answer when the test lets them.
struct PulseTest : ::testing::Test {
  static TimePoint at(int second) { return TimePoint{} + std::chrono::hours(1) + seconds(second); }

  void answer(std::size_t worker) {
    for (const auto& beat : owed[worker])
      beat();
    owed[worker].clear();
  }

  std::vector<std::function<void()>> owed[2];
  std::optional<std::size_t> ended;
  Pulse pulse{2, [this](std::size_t worker, std::function<void()> beat) {
                if (ended == worker) return false;
                owed[worker].push_back(std::move(beat));
                return true;
              }};
};

TEST_F(PulseTest, WorkersThatAnswerAreNeverStuck) {
  for (int second = 0; second < 100; ++second) {
    pulse.tick(at(second));
    answer(0);
    answer(1);
    EXPECT_THAT(pulse.stuck(at(second), kLimit), IsEmpty());
  }
}

TEST_F(PulseTest, AWorkerThatOwesItsAnswerForTheLimitIsStuck) {
  pulse.tick(at(0));
  answer(0);
  for (int second = 1; second < 10; ++second) {
    pulse.tick(at(second));
    answer(0);
    EXPECT_THAT(pulse.stuck(at(second), kLimit), IsEmpty()) << second;
  }
  EXPECT_THAT(pulse.stuck(at(10), kLimit), ElementsAre(1));
}

TEST_F(PulseTest, NothingIsPiledUpBeforeAWorkerThatStandsStill) {
  for (int second = 0; second < 100; ++second)
    pulse.tick(at(second));
  EXPECT_EQ(owed[0].size(), 1U);
}

TEST_F(PulseTest, OneThatGoesOnAgainIsNoLongerStuck) {
  pulse.tick(at(0));
  EXPECT_THAT(pulse.stuck(at(20), kLimit), ElementsAre(0, 1));
  answer(0);
  answer(1);
  EXPECT_THAT(pulse.stuck(at(20), kLimit), IsEmpty());
  pulse.tick(at(20));
  EXPECT_THAT(pulse.stuck(at(29), kLimit), IsEmpty());
  EXPECT_THAT(pulse.stuck(at(30), kLimit), ElementsAre(0, 1));
}

TEST_F(PulseTest, AWorkerThatHasEndedOwesNothing) {
  ended = 1;
  pulse.tick(at(0));
  answer(0);
  EXPECT_THAT(pulse.stuck(at(100), kLimit), IsEmpty());
}

TEST_F(PulseTest, NoMoreThanOneBeatASecondIsSent) {
  for (int i = 0; i < 10; ++i) {
    pulse.tick(at(0) + i * milliseconds(99));
    answer(0);
    answer(1);
  }
  pulse.tick(at(0) + milliseconds(999));
  EXPECT_THAT(owed[0], IsEmpty());
  pulse.tick(at(1));
  EXPECT_EQ(owed[0].size(), 1U);
}

}  // namespace
}  // namespace winrmlb::app
