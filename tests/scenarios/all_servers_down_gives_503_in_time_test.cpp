// No server left: a clear 503 with a fault, in time.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(AllServersDown);

void expect_unavailable(Client& client, Duration within) {
  const auto began = Clock::now();
  const auto answer = client.ask(post("hello", kBasic));
  EXPECT_LT(Clock::now() - began, within);
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.field("Retry-After"));
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(answer.field("Content-Type"), "application/soap+xml;charset=UTF-8");
  EXPECT_NE(answer.body.find("2150858772"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.find("OperationTimeout"), std::string::npos);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_P(AllServersDown, KnownToHealth) {
  DeadPort one;
  DeadPort two;
  TestBalancer balancer(settings_for({one.endpoint(), two.endpoint()}, workers()));
  Client client(balancer.endpoint());
  expect_unavailable(client, seconds(1));
}

TEST_P(AllServersDown, FoundByTheConnect) {
  auto one = std::make_unique<ScriptedServer>(echo("s1"));
  auto two = std::make_unique<ScriptedServer>(echo("s2"));
  auto settings = settings_for({one->endpoint(), two->endpoint()}, workers());
  settings.pools[0].health.interval = seconds(60);
  TestBalancer balancer(settings);
  one->vanish();
  two->vanish();
  Client client(balancer.endpoint());
  expect_unavailable(client, seconds(3));
}

TEST_P(AllServersDown, ByServersThatDoNotEvenRefuse) {
  std::vector<std::unique_ptr<ScriptedServer>> servers;
  std::vector<Endpoint> endpoints;
  for (int i = 0; i < 4; ++i) {
    servers.push_back(std::make_unique<ScriptedServer>(echo("s"), "127.0.0.1", 0));
    endpoints.push_back(servers.back()->endpoint());
  }
  auto settings = settings_for(endpoints, workers());
  settings.pools[0].health.interval = seconds(60);
  settings.pools[0].timeouts.connect = milliseconds(400);
  settings.pools[0].timeouts.queue = milliseconds(1000);
  TestBalancer balancer(settings);
  std::vector<std::vector<Client>> full;
  for (auto& server : servers)
    full.push_back(server->stop_accepting());
  Client client(balancer.endpoint());
  expect_unavailable(client, milliseconds(1300));  // queue, and not a connect time-out for each server
  full.clear();
  for (auto& server : servers)
    server->accept_again();
}

TEST_P(AllServersDown, AndBackAgain) {
  DeadPort nobody;
  TestBalancer balancer(settings_for({nobody.endpoint()}, workers()));
  Client refused(balancer.endpoint());
  expect_unavailable(refused, seconds(1));
  ScriptedServer server(echo("s1"));
  auto next = balancer.settings();
  next.pools[0].servers[0].port = next.pools[0].servers[0].tls_port = server.endpoint().port;
  ASSERT_TRUE(balancer.reload(next));
  ASSERT_TRUE(balancer.await("s1", balance::Fitness::Up));
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask(post("hello")).body, "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
