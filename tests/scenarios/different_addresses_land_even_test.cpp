// Different new addresses that come at once land even, to within one.
#include <map>
#include <set>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(DifferentAddresses);

TEST_P(DifferentAddresses, LandEven) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  ScriptedServer three(echo("s3"));
  TestBalancer balancer(settings_for({one.endpoint(), two.endpoint(), three.endpoint()}, workers()));
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 1; i <= 64; ++i)
    clients.push_back(
        std::make_unique<Client>(balancer.endpoint(), ("127.0.7." + std::to_string(i)).c_str()));
  for (auto& client : clients)
    client->send(post("hello"));
  std::map<std::string, int> landed;
  for (auto& client : clients)
    ++landed[client->read_response().body];
  EXPECT_EQ(landed.size(), 3U);
  for (const auto& [name, count] : landed)
    EXPECT_TRUE(count == 21 || count == 22) << name << " has " << count;
}

TEST_P(DifferentAddresses, FourOnThreeServersLandTwoOneOne) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  ScriptedServer three(echo("s3"));
  TestBalancer balancer(settings_for({one.endpoint(), two.endpoint(), three.endpoint()}, workers()));
  std::multiset<std::uint32_t> counts;
  for (int i = 1; i <= 4; ++i) {
    Client client(balancer.endpoint(), ("127.0.8." + std::to_string(i)).c_str());
    ASSERT_EQ(client.ask(post("hello")).status, 200);
  }
  for (const auto* name : {"s1", "s2", "s3"})
    counts.insert(balancer.server(name).clients.load());
  EXPECT_EQ(counts, (std::multiset<std::uint32_t>{1, 1, 2}));
}

}  // namespace
}  // namespace winrmlb::scenarios
