// One client connection has one server connection of its own, for life.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(OneClientConnectionOneServerConnection);

TEST_P(OneClientConnectionOneServerConnection, AllExchangesOfASessionUseTheSameOne) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(client.ask(post("hello")).body, "s1");
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(OneClientConnectionOneServerConnection, NoServerConnectionServesTwoClients) {
  ScriptedServer server([](End& end) {
    // Whoever asks first on a connection owns it.
    std::string owner;
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      if (owner.empty()) owner = request.body;
      end.send(ok(owner));
    }
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 8; ++i)
    clients.push_back(std::make_unique<Client>(balancer.endpoint()));
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      const auto name = "client " + std::to_string(i);
      ASSERT_EQ(clients[i]->ask(post(name)).body, name);
    }
  }
  clients.clear();
  Client next(balancer.endpoint());
  EXPECT_EQ(next.ask(post("next")).body, "next") << "a used server connection was given to another client";
  EXPECT_EQ(server.connections(), 9U);
}

TEST_P(OneClientConnectionOneServerConnection, NoServerConnectionIsOpenedBeforeARequestIsThere) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client silent(balancer.endpoint());
  Client speaking(balancer.endpoint());
  ASSERT_EQ(speaking.ask(post("hello")).body, "s1");
  EXPECT_EQ(balancer.count(&proxy::Counters::connects), 1U);
}

}  // namespace
}  // namespace winrmlb::scenarios
