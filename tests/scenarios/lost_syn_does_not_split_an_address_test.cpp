// A lost packet must not split an address: it waits for health's word on a server that is alive.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(LostSyn);

TEST_P(LostSyn, DoesNotSplitAnAddressThatHoldsSomethingThere) {
  ScriptedServer one(echo("s1"), "127.0.0.1", 8);
  ScriptedServer two(echo("s2"), "127.0.0.1", 8);
  auto settings = settings_for({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].timeouts.connect = milliseconds(200);
  settings.pools[0].health.interval = seconds(60);
  TestBalancer balancer(settings);
  Client first(balancer.endpoint());
  const auto home = first.ask(post("hello")).body;
  ASSERT_TRUE(home == "s1" || home == "s2");
  auto& server = home == "s1" ? one : two;

  // Its queue is full, so that the kernel drops every SYN: what a lossy network does. It ends once the
  // connect has been given up, and health's check gets through.
  auto full = server.stop_accepting();
  Client second(balancer.endpoint());
  second.send(post("hello"));
  ASSERT_TRUE(balancer.await(home, balance::Fitness::Suspect));
  server.accept_again();
  full.clear();
  EXPECT_EQ(second.read_response().body, home);
  EXPECT_EQ(first.ask(post("hello")).body, home);
  EXPECT_TRUE(balancer.await(home, balance::Fitness::Up));
  EXPECT_EQ(balancer.pool().affinity().counters().moves, 0U);
}

}  // namespace
}  // namespace winrmlb::scenarios
