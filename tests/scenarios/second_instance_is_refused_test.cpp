// A second instance on the same ports would silently take half of the connections: it is refused.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(SecondInstance);

TEST_P(SecondInstance, IsRefused) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  const auto second = net::listen_on(balancer.endpoint(), workers());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail.find("another process already listens on " + balancer.endpoint().text()),
            std::string::npos)
      << second.error().detail;
  for (int i = 0; i < 16; ++i)
    EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello")).body, "s1");
}

TEST_P(SecondInstance, MayFollowTheFirst) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  ASSERT_EQ(Client(balancer.endpoint()).ask(post("hello")).body, "s1");
  balancer.join();
  EXPECT_TRUE(net::listen_on(balancer.endpoint(), workers()));
}

}  // namespace
}  // namespace winrmlb::scenarios
