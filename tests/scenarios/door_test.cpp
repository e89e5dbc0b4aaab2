// Who may come in and what for: refused, counted, told where HTTP allows, and others are not affected.
#include <arpa/inet.h>
#include <sys/socket.h>

#include <gmock/gmock.h>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "scenarios/support/shells.h"
#include "support/certificates.h"

namespace winrmlb::scenarios {
namespace {

using balance::Refusal;
using ::testing::HasSubstr;
using ::testing::Not;

WINRMLB_SCENARIO(Door);

config::Settings strict(const std::vector<Endpoint>& servers, std::uint16_t workers) {
  auto settings = settings_for(servers, workers);
  settings.listeners[0].methods = config::Methods::Post;
  settings.listeners[0].paths = {"/wsman"};
  return settings;
}

config::Settings behind_proxies(const std::vector<Endpoint>& servers, std::uint16_t workers,
                                const char* proxies = "127.0.0.0/8") {
  auto settings = settings_for(servers, workers);
  settings.listeners[0].proxy_protocol = {config::ProxyProtocolMode::Required, {*Prefix::parse(proxies)}};
  return settings;
}

std::string request(std::string_view start_line, std::string_view fields = {}) {
  return std::string(start_line) + " HTTP/1.1\r\nHost: farm\r\n" + std::string(fields) +
         "Content-Length: 0\r\n\r\n";
}

TEST_P(Door, PostOnWsmanAloneAndTheRestIsToldSo) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(strict({server.endpoint()}, workers()));
  EXPECT_EQ(Client(balancer.endpoint()).ask(request("POST /wsman-anon/identify")).body, "s1");
  const auto elsewhere = Client(balancer.endpoint()).ask(request("POST /powershell"));
  EXPECT_EQ(elsewhere.status, 404);
  EXPECT_THAT(elsewhere.body, HasSubstr("Fault"));
  const auto get = Client(balancer.endpoint()).ask(request("GET /wsman"));
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.field("Allow"), "POST");
  EXPECT_EQ(balancer.refused(Refusal::Path), 1U);
  EXPECT_EQ(balancer.refused(Refusal::Method), 1U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(Door, ALoginThatIsNotAllowedIsOfferedTheOthers) {
  ScriptedServer server(echo("s1"));
  auto settings = strict({server.endpoint()}, workers());
  settings.listeners[0].schemes.deny = {config::LoginScheme::Basic};
  TestBalancer balancer(settings);
  const auto answer = Client(balancer.endpoint()).ask(post("hello", kBasic));
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(answer.head, HasSubstr("WWW-Authenticate: Negotiate\r\n"));
  EXPECT_THAT(answer.head, Not(HasSubstr("Basic")));
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello", kNegotiate)).body, "s1");
  EXPECT_EQ(balancer.refused(Refusal::Scheme), 1U);
}

TEST_P(Door, AServersChallengesAreShownAsFarAsTheyPass) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: Basic "
        "realm=\"WSMAN\"\r\n"
        "Content-Length: 0\r\n\r\n");
    end.read_to_end();
  });
  auto settings = strict({server.endpoint()}, workers());
  settings.listeners[0].schemes.deny = {config::LoginScheme::Basic};
  TestBalancer balancer(settings);
  const auto answer = Client(balancer.endpoint()).ask(post("hello"));
  EXPECT_EQ(answer.status, 401);
  EXPECT_THAT(answer.head, HasSubstr("Negotiate"));
  EXPECT_THAT(answer.head, Not(HasSubstr("Basic")));
}

TEST_P(Door, AnAddressThatMayNotComeGetsA403) {
  ScriptedServer server(echo("s1"));
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].deny = {*Prefix::parse("127.0.66.0/24")};
  TestBalancer balancer(settings);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.66.1").ask(post("hello")).status, 403);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.67.1").ask(post("hello")).body, "s1");
  EXPECT_EQ(balancer.refused(Refusal::Denied), 1U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST_P(Door, SessionsOfAnAddressHaveALimit) {
  ScriptedServer server(echo("s1"));
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].limits.sessions_per_address = 2;
  TestBalancer balancer(settings);
  Client first(balancer.endpoint());
  {
    Client second(balancer.endpoint());
    EXPECT_EQ(first.ask(post("hello")).body, "s1");
    EXPECT_EQ(second.ask(post("hello")).body, "s1");
    const auto refused = Client(balancer.endpoint()).ask(post("hello"));
    EXPECT_EQ(refused.status, 429);
    EXPECT_TRUE(refused.field("Retry-After"));
    EXPECT_EQ(Client(balancer.endpoint(), "127.0.0.2").ask(post("hello")).body, "s1");
    EXPECT_EQ(first.ask(post("hello")).body, "s1") << "the refusal cost another session";
  }
  EXPECT_EQ(balancer.refused(Refusal::SessionsOfAddress), 1U);
}

TEST_P(Door, AFloodOfNewSessionsIsRefusedAndOthersComeIn) {
  ScriptedServer server(echo("s1"));
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].limits.new_per_second = 1;
  TestBalancer balancer(settings);
  const auto began = std::chrono::steady_clock::now();
  int refused = 0;
  for (int i = 0; i < 20; ++i)
    refused += Client(balancer.endpoint()).ask(post("hello")).status == 429 ? 1 : 0;
  // Two at once, and one for each second that it took.
  const auto took = std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  EXPECT_GE(refused, 20 - 2 - took.count());
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.0.2").ask(post("hello")).body, "s1");
  EXPECT_EQ(balancer.refused(Refusal::RateOfAddress), static_cast<std::uint64_t>(refused));
}

TEST_P(Door, LoginsHaveARate) {
  ScriptedServer server(echo("s1"));
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].limits.logins_per_minute = 3;
  TestBalancer balancer(settings);
  Client steady(balancer.endpoint());
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(steady.ask(post("hello", kBasic)).body, "s1") << "Basic comes with every request";
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello", kBasic)).body, "s1");
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello", kBasic)).status, 429);
  EXPECT_EQ(balancer.refused(Refusal::LoginsOfAddress), 1U);
}

TEST_P(Door, AProxyInFrontSaysWhoTheClientIs) {
  ScriptedServer one(echo("s1"));
  ScriptedServer two(echo("s2"));
  TestBalancer balancer(behind_proxies({one.endpoint(), two.endpoint()}, workers()));
  std::set<std::string> bodies;
  for (const auto* address : {"192.0.2.1", "192.0.2.2"}) {
    Client client(balancer.endpoint());
    client.send("PROXY TCP4 " + std::string(address) + " 10.0.0.1 50000 5985\r\n" + post("hello"));
    bodies.insert(client.read_response().body);
  }
  EXPECT_EQ(bodies.size(), 2U) << "two clients behind one proxy count as one";
  Client slow(balancer.endpoint());
  std::string whole("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\2\1\x0a\0\0\1\1\2\1\2", 28);
  for (const char byte : whole + post("hello"))
    slow.send(std::string(1, byte));
  EXPECT_EQ(slow.read_response().status, 200);
  const auto log = balancer.access_log();
  ASSERT_EQ(log.size(), 3U);
  for (const auto& line : log)
    EXPECT_THAT(std::string(line.at("client").as_string()), HasSubstr("192.0.2."));
}

TEST_P(Door, NobodyElseMaySayIt) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(behind_proxies({server.endpoint()}, workers(), "127.0.1.0/24"));
  Client spoofer(balancer.endpoint(), "127.0.0.1");
  spoofer.send("PROXY TCP4 192.0.2.1 10.0.0.1 50000 5985\r\n" + post("hello"));
  EXPECT_THAT(spoofer.read_to_end(), Not(HasSubstr("200")));
  Client without(balancer.endpoint(), "127.0.1.1");
  without.send(post("hello"));
  EXPECT_THAT(without.read_to_end(), Not(HasSubstr("200")));
  Client broken(balancer.endpoint(), "127.0.1.1");
  broken.send("PROXY TCP4 192.0.2.1 10.0.0.1 50000\r\n" + post("hello"));
  EXPECT_THAT(broken.read_to_end(), Not(HasSubstr("200")));
  EXPECT_EQ(balancer.refused(Refusal::ProxyHeader), 3U);
  EXPECT_EQ(server.connections(), 0U);
}

TEST_P(Door, TheHeaderComesBeforeTls) {
  ScriptedServer server(echo("s1"));
  Certificate authority({.authority = true});
  Certificate certificate({}, &authority);
  const auto server_tls = server_context(certificate);
  ScriptedServer tls_server([&](End& end) {
    if (!end.accept_tls(server_tls.get())) return;
    while (end.read_request().whole)
      end.send(ok("tls"));
  });
  Scratch scratch;
  auto settings = behind_proxies({tls_server.endpoint()}, workers());
  settings.listeners[0].tls = config::ListenerTls{.certificate = scratch.write("lb.pem", certificate.pem()),
                                                  .key = scratch.write("lb.key", certificate.key_pem())};
  settings.pools[0].server_tls.ca = scratch.write("ca.pem", authority.pem());
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  client.send("PROXY TCP4 192.0.2.1 10.0.0.1 50000 5986\r\n");
  const auto context = client_context(authority);
  ASSERT_TRUE(client.connect_tls(context.get(), "127.0.0.1"));
  EXPECT_EQ(client.ask(post("hello")).body, "tls");
}

TEST_P(Door, AnHttpProxyInFrontSaysWhoTheClientIsAndMustKeepClientsApart) {
  ScriptedServer server(echo("s1"));
  auto settings = settings_for({server.endpoint()}, workers());
  settings.listeners[0].client_address_from = {*Prefix::parse("127.0.1.0/24")};
  settings.listeners[0].deny = {*Prefix::parse("198.51.100.0/24")};
  TestBalancer balancer(settings);
  Client proxy(balancer.endpoint(), "127.0.1.1");
  const auto as = [](const char* client) { return "X-Forwarded-For: " + std::string(client) + "\r\n"; };
  EXPECT_EQ(proxy.ask(post("hello", as("192.0.2.1"))).body, "s1");
  EXPECT_EQ(proxy.ask(post("hello", as("198.51.100.7, 192.0.2.1"))).body, "s1");
  EXPECT_EQ(proxy.ask(post("hello", as("192.0.2.2"))).status, 421);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.1.1").ask(post("hello", as("198.51.100.7"))).status, 403);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.1.1").ask(post("hello", as("nobody"))).status, 400);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.2.1").ask(post("hello", as("198.51.100.7"))).body, "s1")
      << "who is no proxy is not believed";
  EXPECT_EQ(balancer.refused(Refusal::AddressChanged), 1U);
  EXPECT_EQ(balancer.access_log().front().at("client").as_string(), "192.0.2.1:0");
}

TEST_P(Door, RoutesLeadToOtherPools) {
  ScriptedServer teams(echo("teams"));
  ScriptedServer exchange(echo("exchange"));
  auto settings = settings_for({teams.endpoint()}, workers());
  auto other = settings_for({exchange.endpoint()}, workers()).pools[0];
  other.name = "exchange";
  settings.pools.push_back(other);
  settings.routes = {{.host = "mail.example.net", .pool = "exchange"},
                     {.clients = {*Prefix::parse("127.0.9.0/24")}, .pool = "exchange"},
                     {.path = "/powershell", .pool = "exchange"}};
  TestBalancer balancer(settings);
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello")).body, "teams");
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.9.1").ask(post("hello")).body, "exchange");
  EXPECT_EQ(Client(balancer.endpoint()).ask(request("POST /powershell?x")).body, "exchange");
  EXPECT_EQ(Client(balancer.endpoint())
                .ask("POST /wsman HTTP/1.1\r\nHost: MAIL.example.net:5985\r\nContent-Length: 0\r\n\r\n")
                .body,
            "exchange");
}

TEST_P(Door, RoutesLeadByWhatTheMessageSays) {
  ScriptedServer teams(echo("teams"));
  ScriptedServer exchange(echo("exchange"));
  auto settings = settings_for({teams.endpoint()}, workers());
  auto other = settings_for({exchange.endpoint()}, workers()).pools[0];
  other.name = "exchange";
  settings.pools.push_back(other);
  settings.routes = {{.resource = "Microsoft.Exchange", .pool = "exchange"},
                     {.user = "mail\\*", .pool = "exchange"}};
  TestBalancer balancer(settings);
  const auto created = [&](std::string_view resource, std::string_view fields) {
    return Client(balancer.endpoint())
        .ask(soap_post({.action = "Create", .resource = resource}, fields))
        .body;
  };
  constexpr std::string_view kCmd = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
  EXPECT_EQ(created(kCmd, kBasic), "teams");
  EXPECT_EQ(created("http://schemas.microsoft.com/powershell/Microsoft.Exchange", kBasic), "exchange");
  EXPECT_EQ(created(kCmd, "Authorization: Basic bWFpbFxib2I6cHc=\r\n"), "exchange") << "mail\\bob";
}

TEST_P(Door, ServersSeeTheConfiguredAddress) {
  std::atomic<std::uint32_t> from{0};
  ScriptedServer server([&](End& end) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getpeername(end.descriptor(), reinterpret_cast<sockaddr*>(&address), &size);
    from = ntohl(address.sin_addr.s_addr);
    while (end.read_request().whole)
      end.send(ok("s1"));
  });
  auto settings = settings_for({server.endpoint()}, workers());
  settings.pools[0].source = IpAddress::parse("127.0.0.77");
  TestBalancer balancer(settings);
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("hello")).body, "s1");
  EXPECT_EQ(IpAddress::from_v4(from).text(), "127.0.0.77");
}

}  // namespace
}  // namespace winrmlb::scenarios
