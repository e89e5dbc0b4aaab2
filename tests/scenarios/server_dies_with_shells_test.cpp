// A server dies: who named a shell on it is told that at once, in words a client understands; whoever cannot
// be told sees the connection close.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ServerDiesWithShells);

using proxy::Counters;

struct Farm {
  explicit Farm(std::uint16_t workers)
      : one("s1"), two("s2"), balancer(settings_for({one.endpoint(), two.endpoint()}, workers)) {}
  ShellServer& server_of(const Message& answer) { return answer.field("X-Server") == "s1" ? one : two; }

  ShellServer one;
  ShellServer two;
  TestBalancer balancer;
};

TEST_P(ServerDiesWithShells, ARequestForSuchAShellGetsTheFaultAtOnce) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint());
  const auto created = maker.ask(soap_post({.action = "Create"}));
  farm.server_of(created).vanish();
  Client client(farm.balancer.endpoint());
  const auto answer = client.ask(soap_post({.action = "Receive",
                                            .shell = created_shell(created),
                                            .message = "uuid:11111111-2222-4333-8444-555555555555"}));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(fault_code(answer), 2150858843U);
  EXPECT_EQ(answer.field("Content-Type"), "application/soap+xml;charset=UTF-8");
  EXPECT_NE(answer.body.find("<a:RelatesTo>uuid:11111111-2222-4333-8444-555555555555</a:RelatesTo>"),
            std::string::npos);
  EXPECT_EQ(answer.body.find("OperationTimeout"), std::string::npos);
  // A new shell is to be had at once.
  Client retrying(farm.balancer.endpoint());
  EXPECT_EQ(retrying.ask(soap_post({.action = "Create"})).status, 200);
}

TEST_P(ServerDiesWithShells, APollUnderWayGetsTheFaultWhenTheServerIsGone) {
  Moment polled;
  ShellServer two("s2");
  ScriptedServer one([&](End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      if (request.body.find("/Create<") != std::string::npos) {
        end.send(
            ok("<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
               "xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\"><s:Header><a:Action>"
               "http://schemas.xmlsoap.org/ws/2004/09/transfer/CreateResponse</a:Action></s:Header><s:Body/"
               "></s:Envelope>",
               "Content-Type: application/soap+xml;charset=UTF-8\r\n"));
        continue;
      }
      polled.come();
      end.read_request();  // until it vanishes
    }
  });
  auto settings = settings_for({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].servers[1].priority = 1;  // a backup
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  ASSERT_EQ(client.ask(soap_post({.action = "Create", .shell = shell_id(1)})).status, 200);
  client.send(soap_post({.action = "Receive", .shell = shell_id(1)}));
  ASSERT_TRUE(polled.wait());
  one.vanish();
  const auto answer = client.read_response();
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(fault_code(answer), 2150858843U);
}

TEST_P(ServerDiesWithShells, AResetOfAServerThatLivesIsNoLostShell) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto created = client.ask(soap_post({.action = "Create"}));
  farm.server_of(created).fail_next("Receive", "");
  const auto answer = client.ask(soap_post({.action = "Receive", .shell = created_shell(created)}));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(fault_code(answer), 2150858770U);
  Client again(farm.balancer.endpoint());
  EXPECT_EQ(again.ask(soap_post({.action = "Receive", .shell = created_shell(created)})).status, 200);
}

TEST_P(ServerDiesWithShells, AClientThatComesAgainByItselfIsNotAnswered) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint());
  const auto created = maker.ask(soap_post({.action = "Create"}));
  farm.server_of(created).vanish();
  Client client(farm.balancer.endpoint());
  client.send(
      soap_post({.action = "Receive", .shell = created_shell(created), .operation = "uuid:" + shell_id(3)}));
  EXPECT_FALSE(client.read_response().whole);
  EXPECT_EQ(client.ended(), Ended::Finished);
  EXPECT_EQ(farm.balancer.pool().shells().shells(), 1U) << "the pin is held meanwhile";
}

TEST_P(ServerDiesWithShells, AfterFourMinutesSuchAClientIsToldTheTruth) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint());
  const auto created = maker.ask(soap_post({.action = "Create"}));
  const auto home = created.field("X-Server").value_or("");
  farm.server_of(created).vanish();
  ASSERT_TRUE(farm.balancer.await(home, balance::Fitness::Down));
  auto& down_since = farm.balancer.pool().member(home)->state->down_since;
  ASSERT_NE(down_since.load(), 0);
  down_since = (net::now() - seconds(240)).time_since_epoch().count();
  Client client(farm.balancer.endpoint());
  const auto answer = client.ask(
      soap_post({.action = "Receive", .shell = created_shell(created), .operation = "uuid:" + shell_id(3)}));
  EXPECT_EQ(fault_code(answer), 2150858843U);
}

TEST_P(ServerDiesWithShells, ABoundSessionIsClosed) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto created = client.ask(soap_post({.action = "Create"}, kNegotiate));
  farm.server_of(created).fail_next("Receive", "");
  client.send(soap_post({.action = "Receive", .shell = created_shell(created)}, kNegotiate));
  EXPECT_FALSE(client.read_response().whole);
}

}  // namespace
}  // namespace winrmlb::scenarios
