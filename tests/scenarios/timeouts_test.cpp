// What takes too long ends, with the answer that says who was waited for.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(Timeouts);

config::Settings impatient(const ScriptedServer& server, std::uint16_t workers) {
  auto settings = settings_for({server.endpoint()}, workers);
  auto& timeouts = settings.pools[0].timeouts;
  timeouts.request_head = timeouts.body_progress = timeouts.response = milliseconds(200);
  return settings;
}

TEST_P(Timeouts, OfTheRequestHeadGivesA408) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(impatient(server, workers()));
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: fa").status, 408);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server.connections(), 0U);
}

TEST_P(Timeouts, OfTheRequestBodyGivesA408AndTheServerSeesACutRequest) {
  Moment cut;
  ScriptedServer server([&](End& end) {
    EXPECT_FALSE(end.read_request().whole);
    EXPECT_EQ(end.ended(), Ended::Reset);
    cut.come();
  });
  TestBalancer balancer(impatient(server, workers()));
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask("POST / HTTP/1.1\r\nHost: farm\r\nContent-Length: 10\r\n\r\nhalf").status, 408);
  EXPECT_TRUE(cut.wait());
}

TEST_P(Timeouts, OfTheAnswerGivesA504WithItsFault) {
  ScriptedServer server([](End& end) {
    end.read_request();
    EXPECT_EQ(end.read_to_end(), "");
  });
  TestBalancer balancer(impatient(server, workers()));
  Client client(balancer.endpoint());
  const auto answer = client.ask(post("hello", kBasic));
  EXPECT_EQ(answer.status, 504);
  EXPECT_NE(answer.body.find("2150859046"), std::string::npos) << answer.body;
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_P(Timeouts, OfAnAnswerThatStopsMidwayIsAReset) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    end.read_to_end();
  });
  TestBalancer balancer(impatient(server, workers()));
  Client client(balancer.endpoint());
  EXPECT_FALSE(client.ask(post("hello")).whole);
  EXPECT_EQ(client.ended(), Ended::Reset);
}

TEST_P(Timeouts, OfAnIdleConnectionCloseBothSides) {
  Moment closed;
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(ok("s1"));
    EXPECT_EQ(end.read_to_end(), "");
    closed.come();
  });
  auto settings = impatient(server, workers());
  settings.pools[0].timeouts.idle = milliseconds(200);
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask(post("hello")).body, "s1");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.ended(), Ended::Finished);
  EXPECT_TRUE(closed.wait());
}

TEST_P(Timeouts, DoNotCutABodyThatMoves) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(impatient(server, workers()));
  Client client(balancer.endpoint());
  client.set_patience(milliseconds(100));
  client.send("POST / HTTP/1.1\r\nHost: farm\r\nContent-Length: 5\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(client.read_some(), "");  // the pause between two bytes; 500 ms in all
    client.send("x");
  }
  client.set_patience(seconds(10));
  EXPECT_EQ(client.read_response().body, "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
