#include "winrmlb/net/stream.h"

#include <string>

#include <gtest/gtest.h>

#include "winrmlb/net/block.h"
#include "winrmlb/net/input.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::net {
namespace {

using State = IoResult::State;

void turn(Poller& poller) { poller.turn({}, TimePoint(seconds(10))); }

// One end of a connection, driven by hand.
struct End {
  explicit End(Poller& poller) : stream(poller, wakeup) {}
  Wakeup wakeup;
  Stream stream;
};

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() : near(poller), far(poller) {
    auto listening = listen_on(*Endpoint::parse("127.0.0.1:0"), 1);
    EXPECT_TRUE(listening);
    auto step = near.stream.connect(listening->bound);
    run([&] {
      step = near.stream.connected();
      return step.state != State::WouldBlock;
    });
    EXPECT_EQ(step.state, State::Ok);
    auto accepted = accept_one(listening->sockets[0].get());
    EXPECT_TRUE(accepted);
    EXPECT_TRUE(accepted->client.address.is_loopback());
    EXPECT_TRUE(far.stream.adopt(accepted->descriptor));
  }

  // Lets events happen until `done` says so.
  template <typename Done>
  void run(Done done) {
    while (!done())
      turn(poller);
  }

  std::string read_all(End& end, std::size_t bytes) {
    std::string all;
    char buffer[4096];
    run([&] {
      const auto result = end.stream.read(buffer);
      if (result.state == State::Ok) all.append(buffer, result.bytes);
      return all.size() >= bytes || (result.state != State::Ok && result.state != State::WouldBlock);
    });
    return all;
  }

  Poller poller;
  End near;
  End far;
};

TEST_F(StreamTest, CarriesBytesAndTellsWhenThereAreNone) {
  char buffer[16];
  EXPECT_EQ(far.stream.read(buffer).state, State::WouldBlock);
  EXPECT_EQ(near.stream.write("hello").bytes, 5U);
  EXPECT_EQ(read_all(far, 5), "hello");
  EXPECT_EQ(far.stream.read(buffer).state, State::WouldBlock);
}

TEST_F(StreamTest, HalfClosedStillReads) {
  near.stream.write("last");
  near.stream.finish_sending();
  EXPECT_EQ(read_all(far, 4), "last");
  char buffer[16];
  IoResult result;
  run([&] {
    result = far.stream.read(buffer);
    return result.state != State::WouldBlock;
  });
  EXPECT_EQ(result.state, State::End);
  far.stream.write("answer");
  EXPECT_EQ(read_all(near, 6), "answer");
}

// All three come in one event, and none of them is announced again.
TEST_F(StreamTest, AnEndThatCameTogetherWithBytesIsSeenAfterThem) {
  char buffer[16];
  EXPECT_EQ(far.stream.read(buffer).state, State::WouldBlock);
  near.stream.write("last");
  near.stream.finish_sending();
  turn(poller);
  auto result = far.stream.read(buffer);
  EXPECT_EQ(result.bytes, 4U);
  for (int i = 0; i < 3 && (result = far.stream.read(buffer)).state == State::WouldBlock; ++i)
    poller.turn({}, {});
  EXPECT_EQ(result.state, State::End);
}

TEST_F(StreamTest, WhatCameBeforeItWasAdoptedIsRead) {
  auto listening = listen_on(*Endpoint::parse("127.0.0.1:0"), 1);
  End early(poller);
  auto step = early.stream.connect(listening->bound);
  run([&] { return (step = early.stream.connected()).state != State::WouldBlock; });
  early.stream.write("early");
  early.stream.finish_sending();
  auto accepted = accept_one(listening->sockets[0].get());
  ASSERT_TRUE(accepted);
  End late(poller);
  ASSERT_TRUE(late.stream.adopt(accepted->descriptor));
  EXPECT_EQ(read_all(late, 5), "early");
}

TEST_F(StreamTest, AStreamThatDiesClosesItsConnection) {
  auto listening = listen_on(*Endpoint::parse("127.0.0.1:0"), 1);
  End stays(poller);
  {
    End dies(poller);
    auto step = dies.stream.connect(listening->bound);
    run([&] { return (step = dies.stream.connected()).state != State::WouldBlock; });
    auto accepted = accept_one(listening->sockets[0].get());
    ASSERT_TRUE(accepted);
    ASSERT_TRUE(stays.stream.adopt(accepted->descriptor));
  }
  char buffer[16];
  IoResult result;
  run([&] { return (result = stays.stream.read(buffer)).state != State::WouldBlock; });
  EXPECT_EQ(result.state, State::End);
}

TEST_F(StreamTest, WritesWaitForASlowReaderAndLoseNothing) {
  const std::string big(8 * 1024 * 1024, 'x');
  std::size_t sent = 0;
  bool waited = false;
  std::string got;
  char buffer[64 * 1024];
  while (got.size() < big.size()) {
    if (sent < big.size()) {
      const auto result = near.stream.write(std::string_view(big).substr(sent));
      if (result.state == State::Ok) sent += result.bytes;
      if (result.state == State::WouldBlock) waited = true;
    }
    const auto result = far.stream.read(buffer);
    if (result.state == State::Ok) got.append(buffer, result.bytes);
    poller.turn({}, {});
  }
  EXPECT_TRUE(waited);
  EXPECT_EQ(got, big);
}

TEST_F(StreamTest, AResetIsSeenAsAFailure) {
  near.stream.reset_on_close();
  near.stream.close();
  char buffer[16];
  IoResult result;
  run([&] {
    result = far.stream.read(buffer);
    return result.state != State::WouldBlock;
  });
  EXPECT_EQ(result.state, State::Failed);
  EXPECT_EQ(result.error, ECONNRESET);
}

TEST_F(StreamTest, InputHoldsABlockOnlyWhileThereAreBytes) {
  BlockPool pool;
  Input input(pool);
  EXPECT_EQ(input.fill(far.stream).state, State::WouldBlock);
  EXPECT_EQ(pool.lent(), 0U);
  near.stream.write("some bytes");
  run([&] { return input.fill(far.stream).state == State::Ok; });
  EXPECT_EQ(input.bytes(), "some bytes");
  EXPECT_EQ(pool.lent(), 1U);
  input.consume(5);
  EXPECT_EQ(input.bytes(), "bytes");
  input.consume(5);
  EXPECT_EQ(pool.lent(), 0U);
}

TEST_F(StreamTest, InputPutsAnEditedHeadInFrontOfTheBody) {
  BlockPool pool;
  Input input(pool);
  near.stream.write("HEAD|body");
  run([&] { return input.fill(far.stream).state == State::Ok; });
  EXPECT_TRUE(input.replace_front(5, "LONGER HEAD|"));
  EXPECT_EQ(input.bytes(), "LONGER HEAD|body");
  EXPECT_TRUE(input.replace_front(12, "H|"));
  EXPECT_EQ(input.bytes(), "H|body");
  EXPECT_FALSE(input.replace_front(2, std::string(1000, 'x'))) << "no room in front";
  EXPECT_EQ(input.bytes(), "H|body");
}

TEST_F(StreamTest, InputGrowsForALongHead) {
  BlockPool pool;
  Input input(pool);
  const std::string head(40 * 1024, 'h');
  std::size_t sent = 0;
  while (input.bytes().size() < head.size()) {
    if (sent < head.size()) {
      const auto written = near.stream.write(std::string_view(head).substr(sent));
      if (written.state == State::Ok) sent += written.bytes;
    }
    if (input.full()) {
      ASSERT_TRUE(input.reserve(64 * 1024));
    }
    input.fill(far.stream);
    poller.turn({}, {});
  }
  EXPECT_EQ(input.bytes(), head);
  EXPECT_FALSE(input.reserve(1024 * 1024));
}

TEST(Listen, ASecondListenerOnTheSameAddressIsRefused) {
  auto first = listen_on(*Endpoint::parse("127.0.0.1:0"), 4);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sockets.size(), 4U);
  const auto second = listen_on(first->bound, 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().detail, "another process already listens on " + first->bound.text());
}

TEST(Listen, AnAddressOfNobodyIsRefusedWithItsName) {
  const auto result = listen_on(*Endpoint::parse("192.0.2.1:0"), 1);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().detail.find("192.0.2.1"), std::string::npos);
}

TEST(Stream, ARefusedConnectSaysSo) {
  Endpoint nobody;
  {
    auto listening = listen_on(*Endpoint::parse("127.0.0.1:0"), 1);
    nobody = listening->bound;
  }
  Poller poller;
  End end(poller);
  auto step = end.stream.connect(nobody);
  while (step.state == State::WouldBlock) {
    turn(poller);
    step = end.stream.connected();
  }
  EXPECT_EQ(step.state, State::Failed);
  EXPECT_EQ(step.error, ECONNREFUSED);
}

}  // namespace
}  // namespace winrmlb::net
