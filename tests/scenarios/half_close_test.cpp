// A client that has finished sending still gets its answer, and the server is told.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(HalfClose);

TEST_P(HalfClose, OfTheClientIsMirroredAndTheAnswerComes) {
  ScriptedServer server([](End& end) {
    EXPECT_EQ(end.read_request().body, "hello");
    EXPECT_EQ(end.read_to_end(), "");
    EXPECT_EQ(end.ended(), Ended::Finished);
    end.send(ok("s1"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  client.finish_sending();
  EXPECT_EQ(client.read_response().body, "s1");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.ended(), Ended::Finished);
}

TEST_P(HalfClose, AfterPipelinedRequestsLeavesNoneUnanswered) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("one") + post("two") + post("three"));
  client.finish_sending();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(client.read_response().body, "s1");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_P(HalfClose, OfTheServerEndsABodyThatLastsUntilTheClose) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\n\r\nuntil the close");
    end.finish_sending();
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  const auto answer = client.ask(post("hello"));
  EXPECT_EQ(answer.body, "until the close");
  EXPECT_TRUE(answer.whole);
}

}  // namespace
}  // namespace winrmlb::scenarios
