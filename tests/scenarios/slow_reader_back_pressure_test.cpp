// A slow reader slows the writer down; the balancer holds no more than a block each way.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(SlowReaderBackPressure);

constexpr std::size_t kBody = 80 * 1024 * 1024;
constexpr std::size_t kMostLent = 2 * 256 * 1024;

// Sends until the other side takes no more, says so, and goes on once that is known.
void send_until_blocked(End& end, Moment& blocked) {
  const std::string piece(64 * 1024, 'x');
  end.set_patience(milliseconds(300));
  std::size_t left = kBody;
  while (left > 0 && end.send_some(piece, left)) {
  }
  EXPECT_GT(left, 0U) << "everything was taken though nobody read";
  blocked.come();
  end.set_patience(milliseconds(10'000));
  while (left > 0 && end.send_some(piece, left)) {
  }
  EXPECT_EQ(left, 0U);
}

std::string head_of(std::string_view start) {
  return std::string(start) + "Content-Length: " + std::to_string(kBody) + "\r\n\r\n";
}

TEST_P(SlowReaderBackPressure, HoldsAnAnswerBack) {
  Moment blocked;
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(head_of("HTTP/1.1 200 OK\r\n"));
    send_until_blocked(end, blocked);
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  ASSERT_TRUE(blocked.wait());
  EXPECT_LE(balancer.lent_bytes(), kMostLent);
  client.read_until("\r\n\r\n");
  EXPECT_EQ(client.skip(kBody), kBody);
  balancer.join();
  EXPECT_EQ(balancer.count(&proxy::Counters::response_bytes), client.received());
}

TEST_P(SlowReaderBackPressure, HoldsARequestBack) {
  Moment blocked;
  ScriptedServer server([&](End& end) {
    end.read_until("\r\n\r\n");
    blocked.wait();
    EXPECT_EQ(end.skip(kBody), kBody);
    end.send(ok("s1"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(head_of("POST / HTTP/1.1\r\nHost: farm\r\n"));
  std::thread sender([&] { send_until_blocked(client, blocked); });
  ASSERT_TRUE(blocked.wait());
  EXPECT_LE(balancer.lent_bytes(), kMostLent);
  sender.join();
  EXPECT_EQ(client.read_response().body, "s1");
}

TEST_P(SlowReaderBackPressure, AWaitingSessionHoldsNoBlock) {
  Moment asked;
  Moment answer;
  ScriptedServer server([&](End& end) {
    end.read_request();
    asked.come();
    answer.wait();
    end.send(ok("s1"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(balancer.lent_bytes(), 0U);
  answer.come();
  EXPECT_EQ(client.read_response().body, "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
