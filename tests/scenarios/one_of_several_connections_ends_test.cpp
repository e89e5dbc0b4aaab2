// A session that has a connection of its own to several servers loses only the one whose server is down, or
// is to be empty; the session goes on.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(OneOfSeveralConnections);

using balance::Fitness;

/// A session that is at home on one server and has used a shell on another, which is `away`.
struct Farm {
  explicit Farm(std::uint16_t workers)
      : one("s1"), two("s2"), one_guard(echo("")), two_guard(echo("")), balancer(settings(workers)) {
    session.emplace(balancer.endpoint(), "127.0.0.1");
    at_home = session->ask(soap_post({.action = "Create"}));
    home = at_home.field("X-Server").value_or("");
    away = home == "s1" ? "s2" : "s1";
    Client other(balancer.endpoint(), "127.0.0.2");
    const auto made = other.ask(soap_post({.action = "Create"}));
    EXPECT_EQ(made.field("X-Server"), away);
    EXPECT_EQ(session->ask(soap_post({.action = "Receive", .shell = created_shell(made)})).status, 200);
  }

  // Sessions come by the plain port; checks go to the other one, so that a server may be found dead while its
  // connections are as they were.
  config::Settings settings(std::uint16_t workers) const {
    auto all = settings_for({one.endpoint(), two.endpoint()}, workers);
    all.pools[0].health.ports = config::CheckedPorts::Tls;
    all.pools[0].health.down.grace = milliseconds(200);
    all.pools[0].servers[0].tls_port = one_guard.endpoint().port;
    all.pools[0].servers[1].tls_port = two_guard.endpoint().port;
    return all;
  }
  Message use_home() {
    return session->ask(soap_post({.action = "Receive", .shell = created_shell(at_home)}));
  }

  ShellServer one;
  ShellServer two;
  ScriptedServer one_guard;
  ScriptedServer two_guard;
  TestBalancer balancer;
  std::optional<Client> session;
  Message at_home;
  std::string home;
  std::string away;
};

TEST_P(OneOfSeveralConnections, EndsWithItsServerAndTheSessionGoesOn) {
  Farm farm(workers());
  EXPECT_EQ(farm.use_home().field("X-Server"), farm.home);
  const auto connections = [&] { return farm.balancer.server(farm.away).sessions.load(); };
  EXPECT_TRUE(farm.balancer.await([&] { return connections() == 1; })) << "the other client has left";
  (farm.away == "s1" ? farm.one_guard : farm.two_guard).vanish();
  ASSERT_TRUE(farm.balancer.await(farm.away, Fitness::Down));
  EXPECT_TRUE(farm.balancer.await([&] { return connections() == 0; }));
  EXPECT_EQ(farm.use_home().field("X-Server"), farm.home);
}

TEST_P(OneOfSeveralConnections, EndsWhenItsServerIsTakenOutAndTheSessionGoesOn) {
  Farm farm(workers());
  EXPECT_EQ(farm.use_home().field("X-Server"), farm.home);
  ASSERT_TRUE(farm.balancer.change_mode(
      {.pool = {}, .server = farm.away, .mode = config::ServerMode::Maintenance, .deadline = {}}));
  EXPECT_TRUE(farm.balancer.await([&] { return farm.balancer.server(farm.away).sessions.load() == 0; }));
  EXPECT_EQ(farm.use_home().field("X-Server"), farm.home);
}

// What it used last is gone: the client is told by the close, as for any session.
TEST_P(OneOfSeveralConnections, EndsTheSessionIfItWasUsedLast) {
  Farm farm(workers());
  ASSERT_TRUE(farm.balancer.change_mode(
      {.pool = {}, .server = farm.away, .mode = config::ServerMode::Maintenance, .deadline = {}}));
  EXPECT_TRUE(farm.session->read_to_end().empty());
  EXPECT_EQ(farm.session->ended(), Ended::Finished);
}

}  // namespace
}  // namespace winrmlb::scenarios
