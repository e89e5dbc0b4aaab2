// Checks are made from where sessions connect, on the ports that clients come by, and of servers that there
// are.
#include <atomic>
#include <sys/socket.h>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "winrmlb/net/sockaddr.h"

namespace winrmlb::scenarios {
namespace {

using balance::Fitness;

WINRMLB_SCENARIO(ChecksGoWhereClientsGo);

constexpr std::string_view kIdentified =
    R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>)"
    R"(<wsmid:IdentifyResponse xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">)"
    R"(<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor></wsmid:IdentifyResponse>)"
    R"(</s:Body></s:Envelope>)";

config::Settings identified(const std::vector<Endpoint>& servers, std::uint16_t workers) {
  auto settings = settings_for(servers, workers);
  settings.pools[0].health.probe = {config::Probe::Identify};
  settings.pools[0].health.interval = milliseconds(100);
  return settings;
}

TEST_P(ChecksGoWhereClientsGo, FromTheSourceOfSessions) {
  std::atomic<int> checks{0};
  std::atomic<int> from_elsewhere{0};
  ScriptedServer server([&](End& end) {
    net::SocketAddress client;
    socklen_t bytes = sizeof(sockaddr_storage);
    ::getpeername(end.descriptor(), client.get(), &bytes);
    ++checks;
    if (client.endpoint().address != IpAddress::parse("127.0.0.77")) ++from_elsewhere;
    while (end.read_request().whole)
      end.send(ok(kIdentified));
  });
  auto settings = identified({server.endpoint()}, workers());
  settings.pools[0].source = IpAddress::parse("127.0.0.77");
  TestBalancer balancer(settings);
  ASSERT_TRUE(balancer.await("s1", Fitness::Up));
  EXPECT_GT(checks, 0);
  EXPECT_EQ(from_elsewhere, 0);
}

/// Serves on its plain port only.
struct HalfServer {
  explicit HalfServer(std::uint16_t workers)
      : server([](End& end) {
          while (end.read_request().whole)
            end.send(ok(kIdentified));
        }),
        settings(identified({server.endpoint()}, workers)) {
    settings.pools[0].servers[0].tls_port = nobody.endpoint().port;
    settings.listeners.push_back(settings.listeners[0]);
    settings.listeners[1].name = "tls";
    settings.listeners[1].tls = config::ListenerTls{};
    settings.listeners[1].tls->mode = config::TlsMode::Passthrough;
  }
  ScriptedServer server;
  DeadPort nobody;
  config::Settings settings;
};

TEST_P(ChecksGoWhereClientsGo, AServerThatFailsOnOneOfTwoPortsIsDownAndItIsSaidThatTheOtherServes) {
  HalfServer half(workers());
  TestBalancer balancer(half.settings);
  ASSERT_TRUE(balancer.await("s1", Fitness::Down));
  const std::string hint = "; port " + std::to_string(half.server.endpoint().port) +
                           " serves, but clients come by both (health.ports)";
  std::string why;
  EXPECT_TRUE(balancer.await([&] {
    why = balancer.reports()[0].why;
    return why.ends_with(hint);
  })) << why;
  EXPECT_TRUE(why.starts_with("identify over TLS on " + half.nobody.endpoint().text() +
                              ": the connection was refused"))
      << why;
}

TEST_P(ChecksGoWhereClientsGo, UnlessOnePortIsToDecide) {
  HalfServer half(workers());
  half.settings.pools[0].health.ports = config::CheckedPorts::Plain;
  TestBalancer balancer(half.settings);
  ASSERT_TRUE(balancer.await("s1", Fitness::Up));
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello", kBasic)).status, 200);
}

// A pool that only a route leads to is checked on the port of the route's listener.
TEST_P(ChecksGoWhereClientsGo, AlsoByRoutes) {
  HalfServer half(workers());
  ScriptedServer other([](End& end) {
    while (end.read_request().whole)
      end.send(ok(kIdentified));
  });
  config::Pool usual = identified({other.endpoint()}, workers()).pools[0];
  usual.name = "usual";
  usual.health.ports = config::CheckedPorts::Plain;
  half.settings.pools.push_back(usual);
  for (auto& listener : half.settings.listeners)
    listener.pool = "usual";
  config::Route route;
  route.sni = "half.example";
  route.pool = "teams";
  half.settings.routes.push_back(route);
  TestBalancer balancer(half.settings);
  EXPECT_TRUE(balancer.await("s1", Fitness::Down)) << "only TLS leads there, and its TLS port refuses";
}

TEST_P(ChecksGoWhereClientsGo, NeitherARemovedServerNorAnOldAddressIsCheckedOn) {
  std::atomic<int> checks{0};
  const auto counts = [&](End& end) {
    while (end.read_request().whole) {
      ++checks;
      end.send(ok(kIdentified));
    }
  };
  ScriptedServer removed(counts);
  ScriptedServer moved_from(counts);
  ScriptedServer stays([](End& end) {
    while (end.read_request().whole)
      end.send(ok(kIdentified));
  });
  auto settings = identified({stays.endpoint(), removed.endpoint(), moved_from.endpoint()}, workers());
  TestBalancer balancer(settings);
  ASSERT_TRUE(balancer.await("s3", Fitness::Up));
  for (int i = 0; i < 50; ++i) {  // to and fro
    auto fewer = balancer.settings();
    fewer.pools[0].servers.erase(fewer.pools[0].servers.begin() + 1);
    fewer.pools[0].servers[1].port = fewer.pools[0].servers[1].tls_port = stays.endpoint().port;
    ASSERT_TRUE(balancer.reload(fewer));
    settings.listeners = balancer.settings().listeners;
    settings.log = balancer.settings().log;
    ASSERT_TRUE(balancer.reload(i == 49 ? fewer : settings));
  }
  const auto reports = balancer.reports();
  ASSERT_EQ(reports.size(), 2U);
  for (const auto& report : reports)
    EXPECT_EQ(report.checks.size(), 1U);
  // What was under way runs out; from then on nothing comes.
  const int after = checks;
  const auto passes = [&] { return balancer.reports()[0].checks[0].passes; };
  const auto before = passes();
  ASSERT_TRUE(balancer.await([&] { return passes() >= before + 5; }));
  const int later = checks;
  ASSERT_TRUE(balancer.await([&] { return passes() >= before + 10; }));
  EXPECT_EQ(checks, later) << after;
}

}  // namespace
}  // namespace winrmlb::scenarios
