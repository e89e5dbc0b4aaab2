// Whatever goes wrong with a server, health comes to the right state in time, and the log says why.
#include <atomic>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "support/certificates.h"

namespace winrmlb::scenarios {
namespace {

using balance::Fitness;

WINRMLB_SCENARIO(Health);

constexpr std::string_view kIdentified =
    R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>)"
    R"(<wsmid:IdentifyResponse xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">)"
    R"(<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor></wsmid:IdentifyResponse>)"
    R"(</s:Body></s:Envelope>)";

enum class Mode : std::uint8_t { Well, Silent, Unavailable, WrongBody, Resets };

// Answers Identify, and everything else with its name, as its mode says.
class Service {
 public:
  explicit Service(std::string name) : name_(std::move(name)), server_([this](End& end) { serve(end); }) {}
  ScriptedServer& server() noexcept { return server_; }
  const Endpoint& endpoint() const noexcept { return server_.endpoint(); }
  void set(Mode mode) { mode_ = mode; }

 private:
  void serve(End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      switch (mode_.load()) {
        case Mode::Well:
          end.send(ok(request.field("WSMANIDENTIFY") ? kIdentified : std::string_view(name_)));
          break;
        case Mode::Silent:
          end.read_to_end();
          return;
        case Mode::Unavailable:
          end.send("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
          return;
        case Mode::WrongBody:
          end.send(ok("<html>It works!</html>"));
          break;
        case Mode::Resets:
          end.reset();
          return;
      }
    }
  }

  std::string name_;
  std::atomic<Mode> mode_{Mode::Well};
  ScriptedServer server_;
};

config::Settings identified(const std::vector<Endpoint>& servers, std::uint16_t workers) {
  auto settings = settings_for(servers, workers);
  settings.pools[0].health.probe = {config::Probe::Identify};
  settings.pools[0].health.interval = milliseconds(200);
  settings.pools[0].health.timeout = milliseconds(200);
  settings.pools[0].health.down = {.grace = milliseconds(300), .close_after = milliseconds(1500)};
  return settings;
}

TEST_P(Health, EachFaultTakesAServerDownAndTheLogSaysWhy) {
  struct Row {
    Mode mode;
    const char* why;
  };
  for (const Row& row :
       {Row{Mode::Silent, "no answer in time to the request"}, Row{Mode::Unavailable, "the answer was 503"},
        Row{Mode::WrongBody, "the answer was 200, but no IdentifyResponse"},
        Row{Mode::Resets, "before it answered"}}) {
    Service one("s1");
    Service two("s2");
    TestBalancer balancer(identified({one.endpoint(), two.endpoint()}, workers()));
    one.set(row.mode);
    ASSERT_TRUE(balancer.await("s1", Fitness::Down)) << row.why;
    EXPECT_EQ(balancer.server("s2").fitness.load(), Fitness::Up);
    for (int i = 1; i <= 4; ++i) {
      Client client(balancer.endpoint(), ("127.0.5." + std::to_string(i)).c_str());
      EXPECT_EQ(client.ask(post("hello", kBasic)).body, "s2");
    }
    one.set(Mode::Well);
    EXPECT_TRUE(balancer.await("s1", Fitness::Up));
    const auto log = balancer.log();
    EXPECT_NE(log.find("server s1 is down"), std::string::npos);
    EXPECT_NE(log.find(row.why), std::string::npos) << log;
  }
}

TEST_P(Health, ARefusingServersSessionsAreToldInSeconds) {
  Moment asked;
  auto silent = std::make_unique<ScriptedServer>([&](End& end) {
    const auto request = end.read_request();
    if (request.field("WSMANIDENTIFY")) {
      end.send(ok(kIdentified));
      return;
    }
    asked.come();
    end.read_to_end();
  });
  auto settings = identified({silent->endpoint()}, workers());
  settings.pools[0].health.timeout = milliseconds(500);
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  client.send(post("hello", kBasic));
  ASSERT_TRUE(asked.wait());
  silent->vanish();
  const auto answer = client.read_response();
  EXPECT_EQ(answer.status, 502);
  EXPECT_NE(answer.body.find("2150858770"), std::string::npos) << answer.body;
}

// Its sockets stay as they are: only the checks find out.
TEST_P(Health, AFrozenServerIsLeftByNewAddressesAndKeepsItsSessionsForAWhile) {
  Service one("s1");
  Service two("s2");
  auto settings = identified({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].health.down.close_after = seconds(20);
  TestBalancer balancer(settings);
  std::unique_ptr<Client> there;
  for (int i = 1; !there; ++i) {
    auto client = std::make_unique<Client>(balancer.endpoint(), ("127.0.6." + std::to_string(i)).c_str());
    if (client->ask(post("hello", kBasic)).body == "s1") there = std::move(client);
  }
  one.set(Mode::Silent);
  ASSERT_TRUE(balancer.await("s1", Fitness::Down));
  EXPECT_FALSE(balancer.server("s1").lost);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.7.1").ask(post("hello", kBasic)).body, "s2");
  one.set(Mode::Well);
  ASSERT_TRUE(balancer.await("s1", Fitness::Up));
  EXPECT_EQ(there->ask(post("hello", kBasic)).body, "s1") << "the session is still there";
}

TEST_P(Health, ASilentServersSessionsEndAfterTheLongerTime) {
  Service one("s1");
  auto settings = identified({one.endpoint()}, workers());
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask(post("hello", kBasic)).body, "s1");
  one.set(Mode::Silent);
  client.send(post("hello", kBasic));
  EXPECT_EQ(client.read_response().status, 502);
  EXPECT_TRUE(balancer.server("s1").lost);
}

TEST_P(Health, AnExpiredCertificateIsFoundAlthoughNothingElseIsWrong) {
  const Certificate authority({.authority = true});
  const Certificate expired({.starts_in = -7200, .ends_in = -3600}, &authority);
  const auto context = server_context(expired);
  ScriptedServer server([&](End& end) {
    if (!end.accept_tls(context.get())) return;
    while (end.read_request().whole)
      end.send(ok(kIdentified));
  });
  Scratch scratch;
  const Certificate listener({}, &authority);
  auto settings = identified({server.endpoint()}, workers());
  settings.listeners[0].tls = config::ListenerTls{.certificate = scratch.write("lb.pem", listener.pem()),
                                                  .key = scratch.write("lb.key", listener.key_pem())};
  settings.pools[0].server_tls.ca = scratch.write("ca.pem", authority.pem());
  TestBalancer balancer(settings);
  EXPECT_TRUE(balancer.await("s1", Fitness::Down));
  const auto log = balancer.log();
  EXPECT_NE(log.find("it expired on"), std::string::npos) << log;
}

TEST_P(Health, OneThatFlapsIsHeldDownAndTheLogSaysSo) {
  Service one("s1");
  Service two("s2");
  auto settings = identified({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].health.hold_down = seconds(1);
  TestBalancer balancer(settings);
  for (int i = 0; i < 3; ++i) {
    one.set(Mode::Unavailable);
    ASSERT_TRUE(balancer.await("s1", Fitness::Down));
    one.set(Mode::Well);
    ASSERT_TRUE(balancer.await("s1", Fitness::Up));
  }
  const auto log = balancer.log();
  EXPECT_NE(log.find("it fell 2 times in a row and stays down for at least 1s"), std::string::npos) << log;
  EXPECT_NE(log.find("it fell 3 times in a row and stays down for at least 2s"), std::string::npos) << log;
}

TEST_P(Health, WithAllServersDownTheFirstThatReturnsServesAfterOneCheck) {
  Service one("s1");
  Service two("s2");
  auto settings = identified({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].health.rise = 50;
  TestBalancer balancer(settings);
  one.set(Mode::Unavailable);
  two.set(Mode::Unavailable);
  ASSERT_TRUE(balancer.await("s1", Fitness::Down));
  ASSERT_TRUE(balancer.await("s2", Fitness::Down));
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello", kBasic)).status, 503);
  two.set(Mode::Well);
  ASSERT_TRUE(balancer.await("s2", Fitness::Up));
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello", kBasic)).body, "s2");
}

}  // namespace
}  // namespace winrmlb::scenarios
