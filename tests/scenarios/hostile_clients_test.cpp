// Clients that mean harm, or are broken: slow in each phase, or with bytes that are no TLS. Each is cut off
// within its time and counted, costs no server anything, and others do not notice.
#include <sys/socket.h>

#include <gmock/gmock.h>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "support/certificates.h"

namespace winrmlb::scenarios {
namespace {

using balance::Refusal;
using ::testing::HasSubstr;

WINRMLB_SCENARIO(HostileClients);

constexpr milliseconds kShort{200};

// A farm behind a TLS listener and a plain one, both impatient.
class Besieged {
 public:
  explicit Besieged(std::uint16_t workers, const std::function<void(config::Settings&)>& change = {})
      : certificate_({}, &authority_), server_(echo("s1")), tls_server_([this](End& end) {
          if (!end.accept_tls(tls_.get())) return;
          while (end.read_request().whole)
            end.send(ok("s1"));
        }) {
    auto settings = settings_for({server_.endpoint()}, workers);
    auto& plain = settings.listeners[0];
    auto tls = plain;
    tls.name = "tls";
    tls.tls = config::ListenerTls{.certificate = scratch_.write("lb.pem", certificate_.pem()),
                                  .key = scratch_.write("lb.key", certificate_.key_pem())};
    settings.listeners.push_back(tls);
    settings.pools[0].servers[0].tls_port = tls_server_.endpoint().port;
    settings.pools[0].server_tls.ca = scratch_.write("ca.pem", authority_.pem());
    auto& timeouts = settings.pools[0].timeouts;
    timeouts.tls_handshake = timeouts.request_head = timeouts.body_progress = timeouts.first_request = kShort;
    if (change) change(settings);
    balancer_.emplace(settings);
  }

  Endpoint plain() const { return balancer_->endpoint(0); }
  Endpoint tls() const { return balancer_->endpoint(1); }
  Client connect_tls() {
    const auto context = client_context(authority_);
    Client client(tls());
    EXPECT_TRUE(client.connect_tls(context.get(), "127.0.0.1"));
    return client;
  }
  TestBalancer& balancer() { return *balancer_; }
  /// Connections that any server saw bytes on.
  std::size_t connections() const { return server_.connections() + tls_server_.connections(); }
  std::uint64_t refused(Refusal refusal, std::size_t listener) const {
    return balancer_->refused(refusal, listener);
  }

 private:
  Scratch scratch_;
  Certificate authority_{{.authority = true}};
  Certificate certificate_;
  TlsContextPointer tls_ = server_context(certificate_);
  ScriptedServer server_;
  ScriptedServer tls_server_;
  std::optional<TestBalancer> balancer_;
};

// Sends one byte after the other, as slow as it may, until it is cut off. How many it could send.
std::size_t drip(Client& client, std::string_view bytes) {
  client.set_patience(milliseconds(20));
  std::size_t sent = 0;
  while (sent < bytes.size() && client.send(bytes.substr(sent, 1))) {
    ++sent;
    if (client.read_some().empty() && client.ended() != Ended::TimedOut) break;
  }
  client.set_patience(seconds(10));
  return sent;
}

TEST_P(HostileClients, WhoConnectsAndAsksNothingIsNotWaitedForLong) {
  Besieged farm(workers());
  Client silent(farm.plain());
  auto secured = farm.connect_tls();
  EXPECT_EQ(silent.read_to_end(), "");
  EXPECT_EQ(secured.read_to_end(), "");
  EXPECT_NE(silent.ended(), Ended::TimedOut);
  EXPECT_NE(secured.ended(), Ended::TimedOut);
  EXPECT_EQ(farm.connections(), 0U);
}

TEST_P(HostileClients, WhoHasAskedOnceMayBeSilentForLonger) {
  Besieged farm(workers());
  Client client(farm.plain());
  EXPECT_EQ(client.ask(post("hello")).body, "s1");
  client.set_patience(3 * kShort);
  EXPECT_FALSE(client.has_byte()) << "it was closed";
  client.set_patience(seconds(10));
  EXPECT_EQ(client.ask(post("hello")).body, "s1");
}

TEST_P(HostileClients, AProxyHeaderThatDripsIsCutOff) {
  Besieged farm(workers(), [](config::Settings& settings) {
    settings.listeners[0].proxy_protocol = {config::ProxyProtocolMode::Required,
                                            {*Prefix::parse("127.0.0.0/8")}};
  });
  Client slow(farm.plain());
  const std::string header = "PROXY TCP4 192.0.2.1 10.0.0.1 50000 5985\r\n";
  EXPECT_LT(drip(slow, header + header), header.size());
  EXPECT_EQ(farm.refused(Refusal::ProxyHeader, 0), 1U);
  EXPECT_EQ(farm.connections(), 0U);
}

TEST_P(HostileClients, AHandshakeThatDripsIsCutOff) {
  Besieged farm(workers());
  Client slow(farm.tls());
  std::string hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  hello += std::string(505, 'r');
  EXPECT_LT(drip(slow, hello), hello.size());
  EXPECT_EQ(farm.refused(Refusal::Tls, 1), 1U);
  EXPECT_EQ(farm.connections(), 0U);
}

TEST_P(HostileClients, AHeadThatDripsIsCutOff) {
  Besieged farm(workers());
  Client slow(farm.plain());
  const std::string head = "POST /wsman HTTP/1.1\r\nHost: farm\r\nX: " + std::string(1000, 'x');
  EXPECT_LT(drip(slow, head), head.size());
  EXPECT_EQ(farm.connections(), 0U);
}

TEST_P(HostileClients, ABodyThatDripsIsCutOffThoughItMoves) {
  Besieged farm(workers());
  Client slow(farm.plain());
  const std::string head = "POST /wsman HTTP/1.1\r\nHost: farm\r\nContent-Length: 100000\r\n\r\n";
  slow.send(head);
  const std::string body(100000, 'x');
  EXPECT_LT(drip(slow, body), body.size());
  EXPECT_NE(slow.ended(), Ended::TimedOut);
}

// Whoever holds connections in each phase at once holds up nobody.
TEST_P(HostileClients, ACrowdInEachPhaseHoldsUpNobody) {
  Besieged farm(workers(), [](config::Settings& settings) {
    auto& timeouts = settings.pools[0].timeouts;
    timeouts.tls_handshake = timeouts.request_head = timeouts.body_progress = timeouts.first_request =
        seconds(60);
  });
  constexpr int kOfEach = 40;
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < kOfEach; ++i) {
    for (const auto* bytes : {"", "POST /wsman HTTP/1.1\r\nHost: fa",
                              "POST /wsman HTTP/1.1\r\nHost: farm\r\nContent-Length: 10\r\n\r\nhalf"}) {
      crowd.push_back(std::make_unique<Client>(farm.plain(), "127.0.0.2"));
      crowd.back()->send(bytes);
    }
    for (const std::string& bytes : {std::string(), std::string("\x16\x03\x01\x02\x00\x01", 6)}) {
      crowd.push_back(std::make_unique<Client>(farm.tls(), "127.0.0.2"));
      crowd.back()->send(bytes);
    }
  }
  EXPECT_EQ(Client(farm.plain()).ask(post("hello")).body, "s1");
  EXPECT_EQ(farm.connect_tls().ask(post("hello")).body, "s1");
  farm.balancer().join(TestBalancer::Cut::Yes);
}

TEST_P(HostileClients, WhatIsNoTlsIsCutOffAndCountedAndOthersDoNotNotice) {
  Besieged farm(workers(),
                [](config::Settings& settings) { settings.pools[0].timeouts.first_request = seconds(60); });
  auto steady = farm.connect_tls();
  EXPECT_EQ(steady.ask(post("hello")).body, "s1");
  const std::string cases[] = {
      std::string("\x16\x03\x01\x00\x00", 5) + std::string("\x16\x03\x01\x00\x00", 5),  // records of no bytes
      std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x'),  // longer than a record may be
      std::string("\x17\x03\x03\x00\x01x", 6),                            // data before any handshake
      std::string("\x15\x03\x01\x00\x02\x02\x28", 7),                     // an alert
      std::string("\x80\x2e\x01\x00\x02", 5) + std::string(41, '\0'),     // SSL 2
      std::string(1000, '\0'),
      "POST /wsman HTTP/1.1\r\nHost: farm\r\nContent-Length: 0\r\n\r\n",
      "SSH-2.0-client\r\n",
  };
  for (const auto& bytes : cases) {
    Client client(farm.tls());
    client.send(bytes);
    EXPECT_THAT(client.read_to_end(), testing::Not(HasSubstr("HTTP/1.1"))) << bytes.substr(0, 20);
    EXPECT_NE(client.ended(), Ended::TimedOut) << bytes.substr(0, 20);
  }
  EXPECT_EQ(farm.refused(Refusal::Tls, 1), std::size(cases));
  EXPECT_EQ(steady.ask(post("hello")).body, "s1");
  EXPECT_EQ(farm.connections(), 1U);
}

TEST_P(HostileClients, GarbageWithinTlsEndsThatSessionAlone) {
  Besieged farm(workers(),
                [](config::Settings& settings) { settings.pools[0].timeouts.first_request = seconds(60); });
  auto steady = farm.connect_tls();
  EXPECT_EQ(steady.ask(post("hello")).body, "s1");
  for (const std::string& bytes : {std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'g'),
                                   std::string("\x17\x03\x03\x00\x00", 5) + std::string(200, '\0'),
                                   std::string("\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9)}) {
    auto broken = farm.connect_tls();
    ASSERT_EQ(::send(broken.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    broken.read_to_end();
    EXPECT_NE(broken.ended(), Ended::TimedOut);
  }
  EXPECT_EQ(steady.ask(post("hello")).body, "s1");
  EXPECT_EQ(farm.connections(), 1U);
}

TEST_P(HostileClients, TlsOnThePlainPortIsToldThatItIsNoHttp) {
  Besieged farm(workers());
  Client steady(farm.plain());
  EXPECT_EQ(steady.ask(post("hello")).body, "s1");
  const auto context = client_context(Certificate({.authority = true}));
  Client lost(farm.plain());
  EXPECT_FALSE(lost.connect_tls(context.get(), "127.0.0.1"));
  Client raw(farm.plain());
  raw.send(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_EQ(raw.read_response().status, 400);
  EXPECT_EQ(raw.read_to_end(), "");
  EXPECT_EQ(steady.ask(post("hello")).body, "s1");
  lost.close();
  raw.close();
  farm.balancer().join(TestBalancer::Cut::Yes);
  EXPECT_EQ(farm.balancer().errors(ErrorCode::BadRequest), 2U);
  EXPECT_EQ(farm.connections(), 1U);
}

}  // namespace
}  // namespace winrmlb::scenarios
