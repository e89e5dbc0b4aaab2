#include "winrmlb/net/poller.h"

#include <functional>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace winrmlb::net {
namespace {

// A socket and its far end; notes what it is told.
struct Told final : Polled {
  explicit Told(Poller& of) : poller(of) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
  }
  ~Told() {
    forget();
    ::close(pair[0]);
    ::close(pair[1]);
  }
  void forget() { poller.forget(pair[0], *this); }
  void arrive() const { ASSERT_EQ(::send(pair[1], "x", 1, 0), 1); }
  void ready(std::uint32_t events) override {
    last = events;
    ++times;
    if (then) then();
  }

  Poller& poller;
  int pair[2]{};
  std::uint32_t last = 0;
  int times = 0;
  std::function<void()> then;
};

TEST(Poller, TellsAChangeOnce) {
  Poller poller;
  Told told(poller);
  ASSERT_EQ(poller.watch_changes(told.pair[0], told), 0);
  poller.turn({}, {});
  EXPECT_EQ(told.last, EPOLLOUT) << "what is there already is told too";
  poller.turn({}, {});
  EXPECT_EQ(told.times, 1);
  told.arrive();
  poller.turn({}, TimePoint::max());
  EXPECT_TRUE(told.last & EPOLLIN);
  poller.turn({}, {});
  EXPECT_EQ(told.times, 2) << "though nobody has read it";
  told.arrive();
  poller.turn({}, {});
  EXPECT_EQ(told.times, 3);
  ::shutdown(told.pair[1], SHUT_WR);
  poller.turn({}, {});
  EXPECT_TRUE(told.last & EPOLLRDHUP);
}

TEST(Poller, TellsOfInputUntilItIsTaken) {
  Poller poller;
  Told told(poller);
  ASSERT_EQ(poller.watch_input(told.pair[0], told), 0);
  poller.turn({}, {});
  EXPECT_EQ(told.times, 0);
  told.arrive();
  poller.turn({}, {});
  poller.turn({}, {});
  EXPECT_EQ(told.times, 2);
}

TEST(Poller, WhoeverIsForgottenHearsNothingNotEvenOfThisTurn) {
  Poller poller;
  Told one(poller);
  Told two(poller);
  ASSERT_EQ(poller.watch_input(one.pair[0], one), 0);
  ASSERT_EQ(poller.watch_input(two.pair[0], two), 0);
  one.then = [&] { two.forget(); };
  two.then = [&] { one.forget(); };
  one.arrive();
  two.arrive();
  poller.turn({}, {});
  EXPECT_EQ(one.times + two.times, 1);
}

// What a process that is being started holds for a moment, or a descriptor handed on, must not bring a dead
// one back.
TEST(Poller, ACopyOfTheDescriptorKeepsNothingAlive) {
  Poller poller;
  Told told(poller);
  ASSERT_EQ(poller.watch_changes(told.pair[0], told), 0);
  const int copy = ::dup(told.pair[0]);
  told.forget();
  told.arrive();
  poller.turn({}, {});
  EXPECT_EQ(told.times, 0);
  ::close(copy);
}

TEST(Poller, WaitsUntilTheGivenTimeAndNoLonger) {
  Poller poller;
  poller.turn(TimePoint(seconds(5)), TimePoint(seconds(5)));
  poller.turn(TimePoint(seconds(5)), TimePoint(seconds(1)));
  poller.turn(TimePoint(seconds(5)), TimePoint(seconds(5) + milliseconds(1)));
}

}  // namespace
}  // namespace winrmlb::net
