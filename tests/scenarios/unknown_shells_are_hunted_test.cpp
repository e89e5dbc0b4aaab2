// A shell that is not known here is looked for on the other servers, where that can hurt nobody.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(UnknownShells);

using proxy::Counters;

struct Farm {
  explicit Farm(std::uint16_t workers)
      : balancer(
            settings_for({servers[0].endpoint(), servers[1].endpoint(), servers[2].endpoint()}, workers)) {}

  ShellServer servers[3] = {ShellServer("s1"), ShellServer("s2"), ShellServer("s3")};
  TestBalancer balancer;

  std::size_t executed() {
    std::size_t all = 0;
    for (auto& server : servers)
      all += server.executed().size();
    return all;
  }
};

/// Made past the balancer, as if through another one or before a restart.
void make_shell(ShellServer& server, const std::string& shell) {
  Client direct(server.endpoint());
  ASSERT_EQ(direct.ask(soap_post({.action = "Create", .shell = shell})).status, 200);
}

TEST_P(UnknownShells, AreFoundWhereverTheyAre) {
  Farm farm(workers());
  for (int i = 0; i < 3; ++i) {
    make_shell(farm.servers[i], shell_id(i));
    Client client(farm.balancer.endpoint(), ("127.0.1." + std::to_string(i + 1)).c_str());
    const auto answer = client.ask(soap_post({.action = "Receive", .shell = shell_id(i)}));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("X-Server"), "s" + std::to_string(i + 1));
    // Once found, it is known, for everybody.
    Client other(farm.balancer.endpoint(), "127.0.2.1");
    const auto before = farm.balancer.count(&Counters::hunts_begun);
    EXPECT_EQ(other.ask(soap_post({.action = "Receive", .shell = shell_id(i)})).field("X-Server"),
              answer.field("X-Server"));
    EXPECT_EQ(farm.balancer.count(&Counters::hunts_begun), before);
  }
  EXPECT_EQ(farm.executed(), 3U + 6U) << "nothing ran twice";
}

TEST_P(UnknownShells, ThatNobodyKnowsGetTheFirstAnswer) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto home = client.ask(soap_post({.action = "Create"})).field("X-Server");
  const auto answer = client.ask(soap_post({.action = "Receive", .shell = shell_id(77)}));
  EXPECT_EQ(fault_code(answer), 2150858843U);
  EXPECT_EQ(answer.field("X-Server"), home) << "the answer of its own server";
  EXPECT_EQ(farm.balancer.count(&Counters::hunts_missed), 1U);
  // The session goes on, and the miss is remembered.
  EXPECT_EQ(fault_code(client.ask(soap_post({.action = "Receive", .shell = shell_id(77)}))), 2150858843U);
  EXPECT_EQ(farm.balancer.count(&Counters::hunts_begun), 1U);
  EXPECT_EQ(client.ask(soap_post({.action = "Create"})).field("X-Server"), home);
}

TEST_P(UnknownShells, AreNotHuntedForBoundSessions) {
  Farm farm(workers());
  for (int i = 0; i < 3; ++i)
    make_shell(farm.servers[i], shell_id(i));
  Client client(farm.balancer.endpoint());
  int found = 0;
  for (int i = 0; i < 3; ++i)
    found +=
        client.ask(soap_post({.action = "Receive", .shell = shell_id(i)}, kNegotiate)).status == 200 ? 1 : 0;
  EXPECT_EQ(found, 1) << "that of its own server";
  EXPECT_EQ(farm.balancer.count(&Counters::hunts_begun), 0U);
}

TEST_P(UnknownShells, ALoginThatIsRefusedElsewhereEndsTheHunt) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto home = client.ask(soap_post({.action = "Create"})).field("X-Server");
  for (auto& server : farm.servers) {
    if (home != "s" + std::to_string(&server - farm.servers + 1)) {
      server.fail_next(
          "Receive", "HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"WSMAN\"\r\nContent-Length: 0\r\n\r\n");
    }
  }
  const auto answer = client.ask(soap_post({.action = "Receive", .shell = shell_id(77)}));
  EXPECT_EQ(fault_code(answer), 2150858843U);
  EXPECT_EQ(answer.field("X-Server"), home);
  // One of the two others was asked, not both.
  int refused = 0;
  for (auto& server : farm.servers) {
    Client direct(server.endpoint());
    refused += direct.ask(soap_post({.action = "Receive"})).status == 401 ? 1 : 0;
  }
  EXPECT_EQ(refused, 1);
}

TEST_P(UnknownShells, AServerThatResetsIsNotTheLastOneAsked) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto home = client.ask(soap_post({.action = "Create"})).field("X-Server");
  ShellServer* holder = nullptr;
  for (auto& server : farm.servers) {
    if (home == "s" + std::to_string(&server - farm.servers + 1)) continue;
    if (holder) {
      server.vanish();
    } else {
      holder = &server;
    }
  }
  make_shell(*holder, shell_id(5));
  EXPECT_EQ(client.ask(soap_post({.action = "Delete", .shell = shell_id(5)})).status, 200);
}

TEST_P(UnknownShells, CanBeLeftAlone) {
  ShellServer one("s1");
  ShellServer two("s2");
  auto settings = settings_for({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].shells.hunt = false;
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  EXPECT_EQ(fault_code(client.ask(soap_post({.action = "Receive", .shell = shell_id(1)}))), 2150858843U);
  EXPECT_EQ(balancer.count(&Counters::hunts_begun), 0U);
}

}  // namespace
}  // namespace winrmlb::scenarios
