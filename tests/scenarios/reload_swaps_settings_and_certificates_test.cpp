// A reload changes routing and certificates for what comes next, and cuts nothing.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "support/certificates.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(Reload);

TEST_P(Reload, NewAddressesFollowTheNewSettingsAndOldOnesStay) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  TestBalancer balancer(settings_for({one.endpoint()}, workers()));
  Client old(balancer.endpoint(), "127.0.9.1");
  ASSERT_EQ(old.ask(post("hello")).body, "s1");
  auto settings = settings_for({one.endpoint(), two.endpoint()}, workers());
  settings.listeners = balancer.settings().listeners;
  settings.pools[0].servers[0].state = config::ServerMode::Drain;
  ASSERT_TRUE(balancer.reload(settings));
  ASSERT_TRUE(balancer.await("s2", balance::Fitness::Up));
  Client fresh(balancer.endpoint(), "127.0.9.2");
  EXPECT_EQ(fresh.ask(post("hello")).body, "s2");
  EXPECT_EQ(old.ask(post("hello")).body, "s1");
  Client again(balancer.endpoint(), "127.0.9.1");
  EXPECT_EQ(again.ask(post("hello")).body, "s1") << "an address that holds something was moved by a drain";
  EXPECT_EQ(one.connections(), 2U);
}

TEST_P(Reload, AnExchangeUnderWayEndsAsItBegan) {
  Moment asked;
  Moment answer;
  ScriptedServer one([&](End& end) {
    end.read_request();
    asked.come();
    answer.wait();
    end.send(ok("s1"));
    while (end.read_request().whole)
      end.send(ok("s1 again"));
  });
  ScriptedServer two(echo("s2"));
  TestBalancer balancer(settings_for({one.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  ASSERT_TRUE(asked.wait());
  auto settings = settings_for({two.endpoint()}, workers());
  settings.listeners = balancer.settings().listeners;
  settings.pools[0].servers[0].name = "s2";
  ASSERT_TRUE(balancer.reload(settings));
  answer.come();
  EXPECT_EQ(client.read_response().body, "s1");
  EXPECT_EQ(client.ask(post("hello")).body, "s1 again") << "the session lost its server connection";
  client.close();
  for (const auto& line : balancer.access_log())
    EXPECT_EQ(line.at("server"), "s1") << "it has left the configuration, and still has its name";
  const auto ended = balancer.session_log();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].at("server"), "s1");
}

TEST_P(Reload, ANewCertificateIsShownToNewConnections) {
  Certificate first({.authority = true});
  Certificate second({.authority = true});
  Certificate leaf_of_first({}, &first);
  Certificate leaf_of_second({}, &second);
  Scratch scratch;
  DeadPort nobody;
  auto settings = settings_for({nobody.endpoint()}, workers());
  settings.listeners[0].tls = config::ListenerTls{.certificate = scratch.write("lb.pem", leaf_of_first.pem()),
                                                  .key = scratch.write("lb.key", leaf_of_first.key_pem())};
  TestBalancer balancer(settings);
  const auto trusts_first = client_context(first);
  const auto trusts_second = client_context(second);
  Client before(balancer.endpoint());
  ASSERT_TRUE(before.connect_tls(trusts_first.get(), "127.0.0.1"));
  scratch.write("lb.pem", leaf_of_second.pem());
  scratch.write("lb.key", leaf_of_second.key_pem());
  ASSERT_TRUE(balancer.reload(balancer.settings()));
  Client after(balancer.endpoint());
  EXPECT_TRUE(after.connect_tls(trusts_second.get(), "127.0.0.1"));
  EXPECT_EQ(before.ask(post("hello")).status, 503) << "the old connection was cut";
}

TEST_P(Reload, ThatFailsChangesNothing) {
  ScriptedServer one(echo("s1"));
  TestBalancer balancer(settings_for({one.endpoint()}, workers()));
  auto settings = balancer.settings();
  settings.pools[0].servers[0].state = config::ServerMode::Maintenance;
  settings.pools[0].server_tls.ca = "does-not-exist.pem";
  const auto status = balancer.reload(settings);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().detail.find("does-not-exist.pem"), std::string::npos) << status.error().detail;
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello")).body, "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
