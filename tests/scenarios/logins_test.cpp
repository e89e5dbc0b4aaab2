// Logins are followed: what they come to is counted, a robot with a wrong password is stopped before it locks
// an account, and servers that disagree on an account are told of.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(Logins);

using proxy::Counters;
using winrm::LoginOutcome;
using winrm::Scheme;

constexpr std::string_view kRefused =
    "HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"WSMAN\"\r\nContent-Length: 0\r\n\r\n";

std::uint64_t logins(const TestBalancer& balancer, Scheme scheme, LoginOutcome outcome) {
  return balancer.sum([&](const Counters& counters) {
    return counters.logins[static_cast<std::size_t>(scheme)][static_cast<std::size_t>(outcome)].value();
  });
}

/// Lets nobody in whose password is not "pass" (dXNlcjpwYXNz).
ScriptedServer::Script picky(std::string name) {
  return [name = std::move(name)](End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      end.send(request.head.find("dXNlcjpwYXNz") != std::string::npos ? ok(name) : std::string(kRefused));
    }
  };
}

constexpr std::string_view kWrong = "Authorization: Basic dXNlcjp3cm9uZw==\r\n";

TEST_P(Logins, ARobotWithAWrongPasswordIsStoppedAndOnlyThere) {
  ScriptedServer server(picky("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (int i = 0; i < 5; ++i) {
    Client client(balancer.endpoint());
    EXPECT_EQ(client.ask(post("x", kWrong)).status, 401);
  }
  Client blocked(balancer.endpoint());
  const auto answer = blocked.ask(post("x", kWrong));
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.field("Retry-After"));
  EXPECT_EQ(answer.field("Content-Type"), "application/soap+xml;charset=UTF-8");
  Client elsewhere(balancer.endpoint(), "127.0.0.9");
  EXPECT_EQ(elsewhere.ask(post("x", kBasic)).body, "s1") << "the same user from another address";
  Client other(balancer.endpoint());
  EXPECT_EQ(other.ask(post("x", "Authorization: Basic b3RoZXI6d3Jvbmc=\r\n")).status, 401) << "another user";
  EXPECT_EQ(logins(balancer, Scheme::Basic, LoginOutcome::Failed), 6U);
  EXPECT_EQ(logins(balancer, Scheme::Basic, LoginOutcome::Succeeded), 1U);
  EXPECT_EQ(balancer.count(&Counters::logins_blocked), 1U);
  const auto log = balancer.log();
  EXPECT_NE(log.find("are refused for a while"), std::string::npos);
  EXPECT_EQ(log.find("dXNlcjp3cm9uZw"), std::string::npos) << "no credential";
}

TEST_P(Logins, ASuccessForgivesWhatFailedBefore) {
  ScriptedServer server(picky("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) {
      Client client(balancer.endpoint());
      EXPECT_EQ(client.ask(post("x", kWrong)).status, 401);
    }
    Client right(balancer.endpoint());
    EXPECT_EQ(right.ask(post("x", kBasic)).body, "s1");
  }
}

TEST_P(Logins, AServerThatRejectsWhomTheOthersAcceptIsNamed) {
  ScriptedServer one(picky("s1"));
  ScriptedServer two([](End& end) {
    while (end.read_request().whole)
      end.send(kRefused);
  });
  TestBalancer balancer(settings_for({one.endpoint(), two.endpoint()}, workers()));
  // Two addresses, one on each.
  int accepted = 0;
  for (int round = 0; round < 2; ++round) {
    for (const auto* address : {"127.0.0.1", "127.0.0.2"}) {
      Client client(balancer.endpoint(), address);
      accepted += client.ask(post("x", kBasic)).status == 200 ? 1 : 0;
    }
  }
  EXPECT_EQ(accepted, 2);
  EXPECT_NE(balancer.log().find("account mismatch: this server rejects a user whom s1 accepted"),
            std::string::npos);
}

TEST_P(Logins, PasswordsInClearAreWarnedOfOnceAndOnlyIfTheyAreGood) {
  ScriptedServer server(picky("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  const std::string warning = "passwords come in clear";
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("x", kWrong)).status, 401);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Client(balancer.endpoint()).ask(post("x", kBasic)).body, "s1");
  }
  const auto log = balancer.log();
  const auto at = log.find(warning);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(log.find(warning, at + 1), std::string::npos) << log;
}

TEST_P(Logins, HowMuchCouldBeSeenIsNoted) {
  using balance::Tier;
  ShellServer server("s1");
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  const auto expect = [&](bool connection, bool header, bool body) {
    for (const auto* tiers : {&balancer.tiers(), &std::as_const(balancer.pool()).tiers()}) {
      EXPECT_EQ(tiers->seen(Tier::Connection), connection);
      EXPECT_EQ(tiers->seen(Tier::Header), header);
      EXPECT_EQ(tiers->seen(Tier::Body), body);
    }
  };
  expect(false, false, false);
  const auto ask = [&](const std::string& request) {
    Client client(balancer.endpoint());
    client.ask(request);
    client.finish_sending();
    client.read_to_end();  // so that the exchange is finished with
  };
  ask(post("x", kBasic));
  expect(false, true, false);
  ask(post("x",
           "Content-Type: multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
           "boundary=\"Encrypted Boundary\"\r\n"));
  expect(true, true, false);
  ask(soap_post({.action = "Create"}));
  expect(true, true, true);
}

TEST_P(Logins, EachSessionHasALine) {
  ShellServer server("s1");
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  {
    Client client(balancer.endpoint());
    const auto created = client.ask(soap_post({.action = "Create"}));
    client.ask(soap_post({.action = "Command", .shell = created_shell(created)}));
    client.ask(soap_post({.action = "Delete", .shell = created_shell(created)}));
  }
  const auto lines = balancer.session_log();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("exchanges"), 3);
  EXPECT_EQ(lines[0].at("shells"), 1);
  EXPECT_EQ(lines[0].at("commands"), 1);
  EXPECT_EQ(lines[0].at("user"), "user");
  EXPECT_EQ(lines[0].at("server"), "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
