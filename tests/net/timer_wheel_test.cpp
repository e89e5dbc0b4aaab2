#include "winrmlb/net/timer_wheel.h"

#include <deque>
#include <memory>
#include <random>

#include <gtest/gtest.h>

#include "winrmlb/net/task.h"

namespace winrmlb::net {
namespace {

// Notes when its deadline fires, for as long as the test runs.
struct Sleeper {
  Wakeup wakeup;
  Deadline deadline{wakeup};
  int fired = 0;

  Detached watch() {
    for (;;) {
      const Signals woken_by = co_await wakeup;
      if (woken_by.has(Signal::Stop)) co_return;
      if (woken_by.has(Signal::Deadline)) ++fired;
    }
  }
  Sleeper() { watch(); }
  ~Sleeper() { wakeup.raise(Signal::Stop); }
};

const TimePoint kStart{};

TEST(TimerWheel, FiresAfterItsTimeAndBeforeAnotherTick) {
  TimerWheel wheel(kStart);
  Sleeper sleeper;
  sleeper.deadline.set(wheel, kStart + milliseconds(1000));
  wheel.advance(kStart + milliseconds(999));
  EXPECT_EQ(sleeper.fired, 0);
  wheel.advance(kStart + milliseconds(1000) + TimerWheel::kTick);
  EXPECT_EQ(sleeper.fired, 1);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, ADeadlineMovedLaterFiresOnceAtTheLaterTime) {
  TimerWheel wheel(kStart);
  Sleeper sleeper;
  sleeper.deadline.set(wheel, kStart + milliseconds(100));
  sleeper.deadline.set(wheel, kStart + milliseconds(500));
  wheel.advance(kStart + milliseconds(400));
  EXPECT_EQ(sleeper.fired, 0);
  wheel.advance(kStart + milliseconds(600));
  EXPECT_EQ(sleeper.fired, 1);
}

TEST(TimerWheel, ADeadlineMovedEarlierFiresEarlier) {
  TimerWheel wheel(kStart);
  Sleeper sleeper;
  sleeper.deadline.set(wheel, kStart + seconds(10));
  sleeper.deadline.set(wheel, kStart + milliseconds(100));
  wheel.advance(kStart + milliseconds(200));
  EXPECT_EQ(sleeper.fired, 1);
}

TEST(TimerWheel, AClearedDeadlineDoesNotFire) {
  TimerWheel wheel(kStart);
  Sleeper sleeper;
  sleeper.deadline.set(wheel, kStart + milliseconds(100));
  sleeper.deadline.clear();
  wheel.advance(kStart + seconds(1));
  EXPECT_EQ(sleeper.fired, 0);
  EXPECT_TRUE(wheel.empty());
}

TEST(TimerWheel, DeadlinesLongerThanATurnWaitTheirTurns) {
  TimerWheel wheel(kStart);
  Sleeper sleeper;
  sleeper.deadline.set(wheel, kStart + std::chrono::hours(1));
  for (int s = 0; s < 3600; ++s)
    wheel.advance(kStart + seconds(s));
  EXPECT_EQ(sleeper.fired, 0);
  wheel.advance(kStart + seconds(3601));
  EXPECT_EQ(sleeper.fired, 1);
}

TEST(TimerWheel, AfterALongPauseEverythingDueFires) {
  TimerWheel wheel(kStart);
  std::deque<Sleeper> sleepers(100);
  for (std::size_t i = 0; i < sleepers.size(); ++i) {
    sleepers[i].deadline.set(wheel, kStart + seconds(i * 3));
  }
  wheel.advance(kStart + std::chrono::hours(5));
  for (const auto& sleeper : sleepers)
    EXPECT_EQ(sleeper.fired, 1);
}

TEST(TimerWheel, SaysHowLongItHasNothingToDo) {
  TimerWheel wheel(kStart);
  EXPECT_EQ(wheel.next(), TimePoint::max());
  Sleeper late;
  late.deadline.set(wheel, kStart + seconds(30));
  EXPECT_GE(wheel.next(), kStart + seconds(30));
  EXPECT_LE(wheel.next(), kStart + seconds(30) + TimerWheel::kTick);
  Sleeper early;
  early.deadline.set(wheel, kStart + seconds(10));
  EXPECT_LE(wheel.next(), kStart + seconds(10) + TimerWheel::kTick);
  wheel.advance(wheel.next());
  EXPECT_EQ(early.fired, 1);
  EXPECT_GE(wheel.next(), kStart + seconds(30));
  late.deadline.set(wheel, kStart + std::chrono::hours(1));
  int turns = 0;
  for (; late.fired == 0; ++turns)
    wheel.advance(wheel.next());
  EXPECT_LT(turns, 100) << "about one for every turn of the wheel";
  EXPECT_EQ(wheel.next(), TimePoint::max());
}

TEST(TimerWheel, ASessionMayEndWhileTheWheelTurns) {
  TimerWheel wheel(kStart);
  auto first = std::make_unique<Sleeper>();
  auto second = std::make_unique<Sleeper>();
  // Whichever fires first destroys the other, in the same slot.
  struct Killer {
    Wakeup wakeup;
    Deadline deadline{wakeup};
    Detached kill(std::unique_ptr<Sleeper>& victim) {
      co_await wakeup;
      victim.reset();
    }
  } killer;
  first->deadline.set(wheel, kStart + milliseconds(100));
  killer.deadline.set(wheel, kStart + milliseconds(100));
  second->deadline.set(wheel, kStart + milliseconds(100));
  killer.kill(first);
  wheel.advance(kStart + milliseconds(200));
  EXPECT_EQ(first, nullptr);
  EXPECT_EQ(second->fired, 1);
}

TEST(TimerWheel, AgreesWithAPlainListOverRandomMoves) {
  std::mt19937 random(7);
  TimerWheel wheel(kStart);
  std::deque<Sleeper> sleepers(50);
  std::vector<TimePoint> expected(50, TimePoint::max());
  std::vector<int> fired(50, 0);
  TimePoint now = kStart;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t i = random() % sleepers.size();
    switch (random() % 3) {
      case 0:
        expected[i] = now + milliseconds(random() % 120'000);
        sleepers[i].deadline.set(wheel, expected[i]);
        break;
      case 1:
        expected[i] = TimePoint::max();
        sleepers[i].deadline.clear();
        break;
      default:
        now += milliseconds(random() % 200);
        if (now >= wheel.next()) wheel.advance(now);  // as a worker does
        for (std::size_t k = 0; k < sleepers.size(); ++k) {
          if (sleepers[k].fired != fired[k]) {
            ASSERT_EQ(sleepers[k].fired, fired[k] + 1);
            ASSERT_LE(expected[k], now);
            fired[k] = sleepers[k].fired;
            expected[k] = TimePoint::max();
          } else if (expected[k] != TimePoint::max()) {
            ASSERT_GT(expected[k] + TimerWheel::kTick, now) << "a deadline was missed";
          }
        }
    }
  }
}

}  // namespace
}  // namespace winrmlb::net
