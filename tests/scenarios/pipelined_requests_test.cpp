// Requests sent without waiting are answered in order, on one server connection.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(PipelinedRequests);

ScriptedServer::Script mirror() {
  return [](End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      end.send(ok(request.body));
    }
  };
}

TEST_P(PipelinedRequests, AreAnsweredInOrder) {
  ScriptedServer server(mirror());
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += post("request " + std::to_string(i) + std::string(static_cast<std::size_t>(i) * 37, '.'));
  client.send(all);
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(client.read_response().body.starts_with("request " + std::to_string(i)));
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(PipelinedRequests, CutAnywhereAreTheSame) {
  ScriptedServer server(mirror());
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  const auto two = post("one") + post("two");
  for (std::size_t cut = 1; cut < two.size(); ++cut) {
    client.send(two.substr(0, cut));
    client.send(two.substr(cut));
    ASSERT_EQ(client.read_response().body, "one") << cut;
    ASSERT_EQ(client.read_response().body, "two") << cut;
  }
}

TEST_P(PipelinedRequests, ABadOneIsRefusedAfterTheGoodOnesAreAnswered) {
  ScriptedServer server(mirror());
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("one") + "BAD\r\n\r\n" + post("three"));
  EXPECT_EQ(client.read_response().body, "one");
  EXPECT_EQ(client.read_response().status, 400);
  EXPECT_EQ(client.read_to_end(), "");
}

}  // namespace
}  // namespace winrmlb::scenarios
