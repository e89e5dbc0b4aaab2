// A server may answer before it has the whole request; the client hears it at once (RFC 9112 9.3).
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(EarlyAnswer);

constexpr std::size_t kLong = 4 * 1024 * 1024;

std::string long_head() { return "POST /wsman HTTP/1.1\r\nHost: farm\r\nContent-Length: 4194304\r\n\r\n"; }

TEST_P(EarlyAnswer, IsHeardWhileTheBodyIsStillComing) {
  ScriptedServer server([](End& end) {
    EXPECT_TRUE(end.read_until("\r\n\r\n").ends_with("\r\n\r\n"));
    end.send(ok("early"));
    EXPECT_EQ(end.read(kLong).size(), kLong);
    EXPECT_TRUE(end.read_request().whole);
    end.send(ok("second"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(long_head() + "first bytes");
  EXPECT_EQ(client.read_response().body, "early");
  client.send(std::string(kLong - 11, 'x'));
  EXPECT_EQ(client.ask(post("again")).body, "second") << "the body was not relayed to its end";
}

TEST_P(EarlyAnswer, ThatClosesReachesAClientThatHasSentAllItHas) {
  ScriptedServer server([](End& end) {
    end.read_until("\r\n\r\n");
    end.send("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
    end.finish_sending();
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(long_head() + "first bytes");
  const auto answer = client.read_response();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "big");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_P(EarlyAnswer, OfAServerThatReadsNothingMoreIsRelayedWhole) {
  ScriptedServer server([](End& end) {
    end.read_until("\r\n\r\n");
    end.send("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    end.close();  // with bytes unread: a reset
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (int i = 0; i < 10; ++i) {
    Client client(balancer.endpoint());
    client.send(long_head() + "first bytes");
    EXPECT_EQ(client.read_response().body, "no");
  }
}

}  // namespace
}  // namespace winrmlb::scenarios
