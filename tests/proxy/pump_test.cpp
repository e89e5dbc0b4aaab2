#include "winrmlb/proxy/pump.h"

#include <array>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace winrmlb::proxy {
namespace {

using Step = Pump::Step;

// A pump between two sockets whose far ends the test holds.
class PumpTest : public ::testing::Test {
 protected:
  PumpTest() : source(poller, wakeup), sink(poller, wakeup), input(blocks) {
    far_source = connect(source);
    far_sink = connect(sink);
  }
  ~PumpTest() override {
    ::close(far_source);
    ::close(far_sink);
  }

  static int connect(net::Stream& stream) {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()), 0);
    EXPECT_TRUE(stream.adopt(pair[0]));
    return pair[1];
  }

  void arrive(std::string_view bytes) {
    ASSERT_EQ(::send(far_source, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
    poller.turn({}, {});
  }
  std::string sent() {
    std::string all(1 << 20, '\0');
    const auto got = ::recv(far_sink, all.data(), all.size(), 0);
    all.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    poller.turn({}, {});
    return all;
  }
  /// A message whose head is here already.
  void start(std::string_view head, http::Framing framing, std::uint64_t length = 0) {
    arrive(head);
    ASSERT_EQ(input.fill(source).state, net::IoResult::State::Ok);
    pump.start(head.find("\r\n\r\n") + 4, http::BodyReader(framing, length, Side::Client, {}));
  }
  Step run() {
    Step step = Step::Moved;
    while (step == Step::Moved)
      step = pump.step(input, source, sink);
    return step;
  }

  net::Poller poller;
  net::Wakeup wakeup;
  net::BlockPool blocks;
  net::Stream source;
  net::Stream sink;
  net::Input input;
  Pump pump;
  int far_source = -1;
  int far_sink = -1;
};

TEST_F(PumpTest, HeadAndFirstBytesOfTheBodyLeaveInOnePiece) {
  start("head\r\n\r\nbody", http::Framing::Length, 4);
  EXPECT_EQ(pump.step(input, source, sink), Step::Done);
  EXPECT_EQ(sent(), "head\r\n\r\nbody");
  EXPECT_EQ(pump.bytes(), 12U);
  EXPECT_TRUE(pump.finished());
}

TEST_F(PumpTest, WhatFollowsTheMessageStays) {
  start("head\r\n\r\nbodynext", http::Framing::Length, 4);
  EXPECT_EQ(run(), Step::Done);
  EXPECT_EQ(sent(), "head\r\n\r\nbody");
  EXPECT_EQ(input.bytes(), "next");
}

TEST_F(PumpTest, WaitsForTheRestWithoutHoldingABlock) {
  start("head\r\n\r\nbo", http::Framing::Length, 4);
  EXPECT_EQ(run(), Step::Blocked);
  EXPECT_FALSE(pump.waits_for_sink());
  EXPECT_EQ(blocks.lent(), 0U);
  arrive("dy");
  EXPECT_EQ(run(), Step::Done);
  EXPECT_EQ(sent(), "head\r\n\r\nbody");
}

TEST_F(PumpTest, ReadsNothingMoreWhileTheSinkIsFull) {
  start("head\r\n\r\n", http::Framing::Length, 1 << 30);
  const std::string piece(16 * 1024, 'x');
  Step step = Step::Moved;
  while (!pump.waits_for_sink() || step != Step::Blocked) {
    (void)::send(far_source, piece.data(), piece.size(), 0);
    poller.turn({}, {});
    step = run();
    ASSERT_EQ(step, Step::Blocked);
  }
  const auto held = input.bytes().size();
  const auto before = pump.bytes();
  (void)::send(far_source, piece.data(), piece.size(), 0);
  EXPECT_EQ(run(), Step::Blocked);
  EXPECT_EQ(input.bytes().size(), held);
  EXPECT_EQ(pump.bytes(), before);
  EXPECT_EQ(blocks.lent(), 1U);
  sent();
  EXPECT_EQ(run(), Step::Blocked);
  EXPECT_GT(pump.bytes(), before);
}

TEST_F(PumpTest, ABodyThatProvesLongGetsLargerBlocks) {
  start("head\r\n\r\n", http::Framing::Chunked);
  std::size_t largest = 0;
  for (int i = 0; i < 12; ++i) {
    arrive("4000\r\n" + std::string(0x4000, 'x') + "\r\n");
    arrive("4000\r\n" + std::string(0x4000, 'x') + "\r\n");
    for (auto step = Step::Moved; step == Step::Moved;) {
      step = pump.step(input, source, sink);
      largest = std::max(largest, blocks.lent_bytes());
    }
    sent();
  }
  EXPECT_GE(largest, net::bytes_of(net::BlockSize::Medium));
  EXPECT_EQ(blocks.lent(), 0U);
}

TEST_F(PumpTest, ASourceThatEndsEarlyIsNoEnd) {
  start("head\r\n\r\nbo", http::Framing::Length, 4);
  EXPECT_EQ(run(), Step::Blocked);
  ::shutdown(far_source, SHUT_WR);
  poller.turn({}, {});
  EXPECT_EQ(run(), Step::SourceEnded);
  EXPECT_FALSE(pump.finished());
}

TEST_F(PumpTest, ASourceThatEndsIsTheEndOfABodyUntilTheClose) {
  start("head\r\n\r\nbo", http::Framing::UntilClose);
  EXPECT_EQ(run(), Step::Blocked);
  ::shutdown(far_source, SHUT_WR);
  poller.turn({}, {});
  EXPECT_EQ(run(), Step::Done);
  EXPECT_TRUE(pump.finished());
}

TEST_F(PumpTest, ABrokenBodySendsNothingOfTheBlockItBrokeIn) {
  start("head\r\n\r\n3\r\nabc\r\nxyz", http::Framing::Chunked);
  EXPECT_EQ(run(), Step::BadBody);
  EXPECT_EQ(pump.error().code, ErrorCode::BadRequest);
  EXPECT_EQ(sent(), "");
  EXPECT_EQ(run(), Step::BadBody);
}

TEST_F(PumpTest, ASinkThatIsGoneIsToldAndTheMessageCanBeAbandoned) {
  start("head\r\n\r\nbody", http::Framing::Length, 4);
  ::shutdown(far_sink, SHUT_RDWR);
  EXPECT_EQ(run(), Step::SinkFailed);
  EXPECT_FALSE(pump.finished());
  pump.abandon();
  EXPECT_TRUE(pump.finished());
  EXPECT_EQ(run(), Step::Done);
}

}  // namespace
}  // namespace winrmlb::proxy
