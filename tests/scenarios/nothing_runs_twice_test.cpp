// A request is sent again only where that provably executes nothing twice.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(NothingRunsTwice);

using proxy::Counters;

struct Farm {
  explicit Farm(std::uint16_t workers)
      : one("s1"), two("s2"), balancer(settings_for({one.endpoint(), two.endpoint()}, workers)) {}
  std::size_t executed() { return one.executed().size() + two.executed().size(); }

  ShellServer one;
  ShellServer two;
  TestBalancer balancer;
};

TEST_P(NothingRunsTwice, WhatChangesNothingIsAskedAgainAfterALostConnection) {
  for (const std::string action : {"Get", "Enumerate"}) {
    Farm farm(workers());
    farm.one.fail_next(action, "");
    farm.two.fail_next(action, "");
    Client client(farm.balancer.endpoint());
    // Whichever server it comes to first loses it; the repetition may meet the other's failure.
    const auto answer = client.ask(soap_post({.action = action}));
    EXPECT_TRUE(answer.status == 200 || answer.status == 502) << action;
    EXPECT_EQ(farm.balancer.count(&Counters::repeats), 1U) << action;
    EXPECT_LE(farm.executed(), 1U);
  }
}

TEST_P(NothingRunsTwice, WhatMayHaveRunIsNot) {
  for (const std::string action : {"Command", "Send", "Receive", "Signal", "Delete", "Create", "Put"}) {
    Farm farm(workers());
    Client client(farm.balancer.endpoint());
    const auto created = client.ask(soap_post({.action = "Create"}));
    const bool names_shell = action != "Create" && action != "Put";
    for (auto* server : {&farm.one, &farm.two})
      server->fail_next(action, "");
    const auto answer = client.ask(
        soap_post({.action = action, .shell = names_shell ? created_shell(created) : std::string()}));
    EXPECT_EQ(answer.status, 502) << action;
    EXPECT_EQ(farm.executed(), 1U) << action;
    EXPECT_EQ(farm.balancer.count(&Counters::repeats), 0U) << action;
  }
}

TEST_P(NothingRunsTwice, ACreateThatMeetsAFullQuotaGoesToAnotherServer) {
  Farm farm(workers());
  farm.one.fail_next("Create", fault(2150859173));
  Client first(farm.balancer.endpoint(), "127.0.0.1");
  Client second(farm.balancer.endpoint(), "127.0.0.2");
  EXPECT_EQ(first.ask(soap_post({.action = "Create"})).field("X-Server"), "s2");
  EXPECT_EQ(second.ask(soap_post({.action = "Create"})).field("X-Server"), "s2")
      << "the full one gets no new address";
  EXPECT_LE(farm.balancer.count(&Counters::quota_retries), 1U);
  // Its address moved along.
  Client again(farm.balancer.endpoint(), "127.0.0.1");
  EXPECT_EQ(again.ask(soap_post({.action = "Create"})).field("X-Server"), "s2");
}

TEST_P(NothingRunsTwice, ACreateOfAnAddressThatHoldsSomethingStays) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto created = client.ask(soap_post({.action = "Create"}));
  for (auto* server : {&farm.one, &farm.two})
    server->fail_next("Create", fault(2150859173));
  const auto answer = client.ask(soap_post({.action = "Create"}));
  EXPECT_EQ(fault_code(answer), 2150859173U);
  EXPECT_EQ(answer.field("X-Server"), std::nullopt);
  EXPECT_EQ(client.ask(soap_post({.action = "Receive", .shell = created_shell(created)})).status, 200);
}

TEST_P(NothingRunsTwice, APlainErrorIsPassedOn) {
  Farm farm(workers());
  for (auto* server : {&farm.one, &farm.two})
    server->fail_next("Create", "HTTP/1.1 500 \r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\noops");
  Client client(farm.balancer.endpoint());
  EXPECT_EQ(client.ask(soap_post({.action = "Create"})).body, "oops");
}

}  // namespace
}  // namespace winrmlb::scenarios
