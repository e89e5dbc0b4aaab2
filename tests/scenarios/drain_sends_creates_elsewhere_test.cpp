// A server that drains keeps the shells it has; new ones are made elsewhere, also on a session that is
// connected to it.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(DrainSendsCreatesElsewhere);

TEST_P(DrainSendsCreatesElsewhere, OfASessionThatLogsInRequestByRequest) {
  ShellServer one("s1");
  ShellServer two("s2");
  TestBalancer balancer(settings_for({one.endpoint(), two.endpoint()}, workers()));
  Client client(balancer.endpoint());
  const auto first = client.ask(soap_post({.action = "Create"}));
  const auto home = first.field("X-Server").value_or("");
  balancer.pool().member(home)->state->mode = config::ServerMode::Drain;
  EXPECT_EQ(client.ask(soap_post({.action = "Receive", .shell = created_shell(first)})).field("X-Server"),
            home);
  EXPECT_EQ(client.ask(soap_post({.action = "Delete", .shell = created_shell(first)})).status, 200);
  const auto second = client.ask(soap_post({.action = "Create"}));
  EXPECT_EQ(second.status, 200);
  EXPECT_NE(second.field("X-Server"), home);
  EXPECT_EQ(client.ask(soap_post({.action = "Receive", .shell = created_shell(second)})).field("X-Server"),
            second.field("X-Server"));
}

}  // namespace
}  // namespace winrmlb::scenarios
