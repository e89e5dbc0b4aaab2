#include "winrmlb/net/task.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "winrmlb/net/wakeup.h"

namespace winrmlb::net {
namespace {

Task<int> add(int a, int b) { co_return a + b; }

Task<std::string> describe(int a) {
  const int sum = co_await add(a, 1);
  co_return std::to_string(sum);
}

TEST(Task, ReturnsItsValueToItsAwaiter) {
  std::string result;
  [](std::string& into) -> Detached { into = co_await describe(41); }(result);
  EXPECT_EQ(result, "42");
}

TEST(Task, ResumesThroughAllLevelsWhenWoken) {
  Wakeup wakeup;
  int woken = 0;
  auto inner = [](Wakeup& w) -> Task<int> {
    co_await w;
    co_return 1;
  };
  auto outer = [&inner](Wakeup& w, int& count) -> Detached { count += co_await inner(w); };
  outer(wakeup, woken);
  EXPECT_EQ(woken, 0);
  wakeup.raise(Signal::Io);
  EXPECT_EQ(woken, 1);
}

TEST(Task, AMillionStepsThatNeverSuspendDoNotGrowTheStack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kSteps = 1000;  // g++ makes no sibling calls there, and each step stays on the stack
#else
  constexpr int kSteps = 1'000'000;
#endif
  long total = 0;
  [](long& sum) -> Detached {
    for (int i = 0; i < kSteps; ++i)
      sum += co_await add(i, 0);
  }(total);
  EXPECT_EQ(total, static_cast<long>(kSteps) * (kSteps - 1) / 2);
}

TEST(Task, FreesWhatItHeldWhenItIsNeverAwaited) {
  auto held = std::make_shared<int>(1);
  {
    auto task = [](std::shared_ptr<int> copy) -> Task<int> { co_return *copy; }(held);
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Wakeup, KeepsWhatIsRaisedWhileNobodySleeps) {
  Wakeup wakeup;
  wakeup.raise(Signal::Io);
  wakeup.raise(Signal::Stop);
  Signals seen;
  [](Wakeup& w, Signals& into) -> Detached { into = co_await w; }(wakeup, seen);
  EXPECT_TRUE(seen.has(Signal::Io));
  EXPECT_TRUE(seen.has(Signal::Stop));
  EXPECT_FALSE(seen.has(Signal::Deadline));
}

}  // namespace
}  // namespace winrmlb::net
