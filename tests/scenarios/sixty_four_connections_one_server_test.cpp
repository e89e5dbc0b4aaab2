// However many connections of one address come at once, they reach one server.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(SixtyFourConnections);

TEST_P(SixtyFourConnections, OfOneAddressReachOneServer) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  ScriptedServer three(echo("s3"));
  TestBalancer balancer(settings_for({one.endpoint(), two.endpoint(), three.endpoint()}, workers()));
  for (int address = 1; address <= 12; ++address) {
    const auto source = "127.0.5." + std::to_string(address);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 64; ++i)
      clients.push_back(std::make_unique<Client>(balancer.endpoint(), source.c_str()));
    for (auto& client : clients)
      client->send(post("hello"));
    const auto first = clients[0]->read_response().body;
    for (std::size_t i = 1; i < clients.size(); ++i)
      ASSERT_EQ(clients[i]->read_response().body, first) << source;
  }
  EXPECT_EQ(balancer.server("s1").clients.load(), 4U);
  EXPECT_EQ(balancer.server("s2").clients.load(), 4U);
  EXPECT_EQ(balancer.server("s3").clients.load(), 4U);
}

TEST_P(SixtyFourConnections, AndBothListenersAgree) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  auto settings = settings_for({one.endpoint(), two.endpoint()}, workers());
  settings.listeners.push_back({.name = "second", .bind = *Endpoint::parse("127.0.0.1:0"), .pool = "teams"});
  TestBalancer balancer(settings);
  for (int address = 1; address <= 6; ++address) {
    const auto source = "127.0.6." + std::to_string(address);
    Client here(balancer.endpoint(0), source.c_str());
    Client there(balancer.endpoint(1), source.c_str());
    here.send(post("hello"));
    there.send(post("hello"));
    EXPECT_EQ(here.read_response().body, there.read_response().body) << source;
  }
}

}  // namespace
}  // namespace winrmlb::scenarios
