// Answers without a body, whatever their fields say, do not disturb the next one (RFC 9112 6.3).
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(HeadAnd204And304);

TEST_P(HeadAnd204And304, TheNextAnswerFollowsAtOnce) {
  ScriptedServer server([](End& end) {
    EXPECT_TRUE(end.read_request().start_line().starts_with("HEAD "));
    end.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    end.read_request();
    end.send("HTTP/1.1 204 No Content\r\n\r\n");
    end.read_request();
    end.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n");
    end.read_request();
    end.send("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");  // no reason phrase
    end.read_request();
    end.send(ok("last"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send("HEAD / HTTP/1.1\r\nHost: farm\r\n\r\n");
  EXPECT_EQ(client.read_response(End::Bodiless::Yes).field("Content-Length"), "1000");
  EXPECT_EQ(client.ask(post("two")).status, 204);
  EXPECT_EQ(client.ask(post("three")).status, 304);
  EXPECT_EQ(client.ask(post("four")).start_line(), "HTTP/1.1 200 ");
  EXPECT_EQ(client.ask(post("five")).body, "last");
}

TEST_P(HeadAnd204And304, OurOwnAnswerToAHeadHasNoBody) {
  DeadPort nobody;
  TestBalancer balancer(settings_for({nobody.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send("HEAD / HTTP/1.1\r\nHost: farm\r\n\r\n");
  EXPECT_EQ(client.read_response(End::Bodiless::Yes).status, 503);
  EXPECT_EQ(client.read_to_end(), "");
}

}  // namespace
}  // namespace winrmlb::scenarios
