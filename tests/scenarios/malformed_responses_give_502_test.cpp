// A malformed answer gives a 502 and ends both sides; nothing of it reaches the client.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(MalformedResponses);

constexpr const char* kCases[] = {
    "SSH-2.0-OpenSSH\r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\nContent-Length: 6\r\n\r\nsecret",
    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\nsecret",
    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\nsecret",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nsecret\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsecret\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX : secret\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n secret\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\n\r\nsecret",
    "HTTP/1.1 204 No Content\r\nContent-Length: 6\r\n\r\nsecret",
    "HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 6\r\n\r\nsecret",
};

TEST_P(MalformedResponses, GiveA502AndNothingLeaks) {
  std::atomic<std::size_t> which{0};
  std::atomic<std::size_t> ended{0};
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(kCases[which]);
    EXPECT_EQ(end.read_to_end(), "");
    EXPECT_NE(end.ended(), Ended::TimedOut);
    ++ended;
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (which = 0; which < std::size(kCases); ++which) {
    SCOPED_TRACE(kCases[which]);
    Client client(balancer.endpoint());
    const auto answer = client.ask(post("hello"));
    EXPECT_EQ(answer.status, 502) << answer.head;
    EXPECT_EQ(answer.body.find("secret"), std::string::npos);
    EXPECT_EQ(client.read_to_end(), "");
  }
  balancer.join();
  EXPECT_EQ(balancer.errors(ErrorCode::BadResponse), std::size(kCases));
}

TEST_P(MalformedResponses, AnEndlessHeadIsCutOff) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\nX: " + std::string(1024 * 1024, 'x'));
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask(post("hello")).status, 502);
}

}  // namespace
}  // namespace winrmlb::scenarios
