// A listener that relays TLS: client and server see each other, the balancer sees a name and bytes.
#include <atomic>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "support/certificates.h"

namespace winrmlb::scenarios {
namespace {

using balance::Refusal;
using ::testing::HasSubstr;

WINRMLB_SCENARIO(TlsRelayed);

class RelayedFarm {
 public:
  explicit RelayedFarm(std::uint16_t workers, const std::function<void(config::Settings&)>& change = {})
      : authority_({.authority = true}),
        certificate_({.san = "DNS:ps1.example.net"}, &authority_),
        tls_(server_context(certificate_)),
        one_(script("s1")),
        two_(script("s2")),
        balancer_([&] {
          auto settings = settings_for({one_.endpoint(), two_.endpoint()}, workers);
          settings.listeners[0].tls = config::ListenerTls{.mode = config::TlsMode::Passthrough};
          if (change) change(settings);
          return settings;
        }()) {}

  ScriptedServer::Script script(std::string name) {
    return [this, name](End& end) {
      if (!end.accept_tls(tls_.get())) return;
      while (end.read_request().whole)
        end.send(ok(name));
    };
  }
  /// Sees the server's own certificate, or is not connected.
  Client connect(const char* source = "127.0.0.1") {
    const auto context = client_context(authority_);
    Client client(balancer_.endpoint(), source);
    EXPECT_TRUE(client.connect_tls(context.get(), "ps1.example.net"));
    return client;
  }
  TestBalancer& balancer() { return balancer_; }
  std::size_t connections() const { return one_.connections() + two_.connections(); }

 private:
  Certificate authority_;
  Certificate certificate_;
  TlsContextPointer tls_;
  ScriptedServer one_;
  ScriptedServer two_;
  TestBalancer balancer_;
};

TEST_P(TlsRelayed, ClientAndServerSeeEachOtherAndAnAddressKeepsItsServer) {
  RelayedFarm farm(workers());
  std::set<std::string> bodies;
  for (int i = 0; i < 5; ++i) {
    auto client = farm.connect();
    bodies.insert(client.ask(post("hello")).body);
    EXPECT_EQ(client.ask(post(std::string(300'000, 'x'))).body, *bodies.begin());
  }
  EXPECT_EQ(bodies.size(), 1U);
  bodies.insert(farm.connect("127.0.0.2").ask(post("hello")).body);
  EXPECT_EQ(bodies.size(), 2U) << "the second address does not even out";
  const auto log = farm.balancer().access_log();
  ASSERT_EQ(log.size(), 6U);
  EXPECT_EQ(log.front().at("path").as_string(), "ps1.example.net");
}

TEST_P(TlsRelayed, RoutesGoByTheNameThatIsAskedFor) {
  ScriptedServer elsewhere([](End& end) { end.read(1); });
  RelayedFarm farm(workers(), [&](config::Settings& settings) {
    auto other = settings_for({elsewhere.endpoint()}, 1).pools[0];
    other.name = "customer";
    settings.pools.push_back(other);
    settings.routes = {{.sni = "*.customer.example.net", .pool = "customer"}};
  });
  EXPECT_THAT(farm.connect().ask(post("hello")).body, HasSubstr("s"));
  EXPECT_EQ(elsewhere.connections(), 0U);
  const auto context = client_context(Certificate({.authority = true}));
  Client client(farm.balancer().endpoint());
  EXPECT_FALSE(client.connect_tls(context.get(), "ps1.customer.example.net")) << "that server is a dummy";
  EXPECT_EQ(elsewhere.connections(), 1U);
}

TEST_P(TlsRelayed, AHalfThatEndsIsPassedOn) {
  Moment heard;
  ScriptedServer server([&](End& end) {
    EXPECT_EQ(end.read_to_end().substr(0, 3), std::string("\x16\x03\x01"));
    end.send("the last word");
    heard.come();
  });
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].tls = config::ListenerTls{.mode = config::TlsMode::Passthrough};
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  // A ClientHello without extensions.
  std::string hello("\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03", 11);
  hello += std::string(32, 'r') + std::string("\0\0\2\x13\1\1\0\0\0", 9);
  client.send(hello);
  client.finish_sending();
  EXPECT_EQ(client.read_to_end(), "the last word");
  EXPECT_TRUE(heard.wait());
  EXPECT_EQ(client.ended(), Ended::Finished);
}

TEST_P(TlsRelayed, WhatIsNoTlsIsRefusedAndOthersAreNotAffected) {
  RelayedFarm farm(workers());
  auto steady = farm.connect();
  const auto before = steady.ask(post("hello")).body;
  for (const std::string bytes :
       {"POST /wsman HTTP/1.1\r\nHost: farm\r\n\r\n", "\x15\x03\x01\x00\x02\x02\x28", "SSH-2.0-client\r\n"}) {
    Client client(farm.balancer().endpoint());
    client.send(bytes);
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_EQ(farm.balancer().refused(Refusal::Tls), 3U);
  EXPECT_EQ(steady.ask(post("hello")).body, before);
  EXPECT_EQ(farm.connections(), 1U);
}

TEST_P(TlsRelayed, AClientThatDoesNotSayHelloIsNotWaitedForLong) {
  RelayedFarm farm(workers(), [](config::Settings& settings) {
    settings.pools[0].timeouts.tls_handshake = milliseconds(200);
  });
  Client silent(farm.balancer().endpoint());
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_NE(silent.ended(), Ended::TimedOut);
  EXPECT_EQ(farm.balancer().refused(Refusal::Tls), 1U);
}

TEST_P(TlsRelayed, NothingMovingForTheIdleTimeEndsIt) {
  RelayedFarm farm(workers(),
                   [](config::Settings& settings) { settings.pools[0].timeouts.idle = milliseconds(300); });
  auto client = farm.connect();
  EXPECT_THAT(client.ask(post("hello")).body, HasSubstr("s"));
  EXPECT_FALSE(client.has_byte() && client.read_response().whole);
  EXPECT_NE(client.ended(), Ended::TimedOut);
}

}  // namespace
}  // namespace winrmlb::scenarios
