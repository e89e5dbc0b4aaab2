// A refused connect has sent nothing: an address that holds nothing there moves at once, all of it.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ConnectRefused);

// Health looks seldom, so that it is the connects that find out.
config::Settings seldom_checked(const std::vector<Endpoint>& servers, std::uint16_t workers) {
  auto settings = settings_for(servers, workers);
  settings.pools[0].health.interval = seconds(60);
  return settings;
}

TEST_P(ConnectRefused, MovesNewAddressesWithoutAnError) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  TestBalancer balancer(seldom_checked({one.endpoint(), two.endpoint()}, workers()));
  one.vanish();
  for (int i = 1; i <= 8; ++i) {
    Client client(balancer.endpoint(), ("127.0.3." + std::to_string(i)).c_str());
    EXPECT_EQ(client.ask(post("hello")).body, "s2");
  }
  EXPECT_GT(balancer.count(&proxy::Counters::connect_failures), 0U);
  EXPECT_TRUE(balancer.await("s1", balance::Fitness::Down));
}

TEST_P(ConnectRefused, MovesAllConnectionsOfAnAddressTogether) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  ScriptedServer three(echo("s3"));
  TestBalancer balancer(seldom_checked({one.endpoint(), two.endpoint(), three.endpoint()}, workers()));
  one.vanish();
  for (int address = 1; address <= 6; ++address) {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 12; ++i) {
      clients.push_back(
          std::make_unique<Client>(balancer.endpoint(), ("127.0.4." + std::to_string(address)).c_str()));
    }
    for (auto& client : clients)
      client->send(post("hello"));
    const auto first = clients[0]->read_response().body;
    for (std::size_t i = 1; i < clients.size(); ++i)
      EXPECT_EQ(clients[i]->read_response().body, first);
  }
}

TEST_P(ConnectRefused, AnAddressThatHoldsSomethingThereMovesOnTheVerdict) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  TestBalancer balancer(seldom_checked({one.endpoint(), two.endpoint()}, workers()));
  const auto first = Client(balancer.endpoint()).ask(post("hello", kNegotiate)).body;
  ASSERT_TRUE(first == "s1" || first == "s2");
  (first == "s1" ? one : two).vanish();
  Client again(balancer.endpoint());
  EXPECT_EQ(again.ask(post("hello")).body, first == "s1" ? "s2" : "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
