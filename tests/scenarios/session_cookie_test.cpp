// The session cookie: a session that cannot be read finds back to its server, and servers never see it.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "scenarios/support/shells.h"
#include "support/scratch.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(SessionCookies);

/// Answers with its name, and with the Cookie fields that it was sent.
ScriptedServer::Script telling(std::string name) {
  return [name = std::move(name)](End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      end.send(ok(name, "X-Cookie: [" + request.field("Cookie").value_or("") + "]\r\n"));
    }
  };
}

struct Farm {
  explicit Farm(std::uint16_t workers, const char* spread = nullptr) {
    scratch.write("keys", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
    auto settings = settings_for({one.endpoint(), two.endpoint()}, workers);
    settings.pools[0].affinity.cookie.key_file = scratch.path("keys");
    if (spread) settings.pools[0].affinity.cookie.clients = {*Prefix::parse(spread)};
    balancer = std::make_unique<TestBalancer>(settings);
  }
  Scratch scratch;
  ScriptedServer one{telling("s1")};
  ScriptedServer two{telling("s2")};
  std::unique_ptr<TestBalancer> balancer;
};

std::string cookie_of(const Message& answer) {
  const auto line = answer.field("Set-Cookie").value_or("");
  return line.substr(0, line.find(';'));
}

TEST_P(SessionCookies, IsGivenOnceAndLeadsBackFromAnyAddress) {
  Farm farm(workers());
  Client first(farm.balancer->endpoint(), "127.0.0.1");
  const auto answer = first.ask(post("x", kNegotiate));
  const auto cookie = cookie_of(answer);
  ASSERT_EQ(cookie.substr(0, 12), "MS-WSMAN-LB=");
  EXPECT_FALSE(first.ask(post("x")).field("Set-Cookie")) << "once in a session";
  for (int i = 2; i < 8; ++i) {
    Client other(farm.balancer->endpoint(), ("127.0.0." + std::to_string(i)).c_str());
    const auto back = other.ask(post("x", "Cookie: MS-WSMAN=theirs; " + cookie + "\r\n"));
    EXPECT_EQ(back.body, answer.body);
    EXPECT_EQ(back.field("X-Cookie"), "[MS-WSMAN=theirs]") << "the server's own passes, ours does not";
    EXPECT_FALSE(back.field("Set-Cookie")) << "it has it already";
  }
}

TEST_P(SessionCookies, AWholeSetCookieValueIsUnderstoodAndTakenOut) {
  Farm farm(workers());
  Client first(farm.balancer->endpoint(), "127.0.0.1");
  const auto answer = first.ask(post("x"));
  Client other(farm.balancer->endpoint(), "127.0.0.2");
  const auto back = other.ask(post("x", "Cookie: " + answer.field("Set-Cookie").value_or("") + "\r\n"));
  EXPECT_EQ(back.body, answer.body);
  EXPECT_EQ(back.field("X-Cookie"), "[]");
}

TEST_P(SessionCookies, ThatWeDidNotSignIsNothing) {
  Farm farm(workers());
  Client first(farm.balancer->endpoint(), "127.0.0.1");
  const auto answer = first.ask(post("x"));
  auto cookie = cookie_of(answer);
  cookie.back() = cookie.back() == 'A' ? 'B' : 'A';
  Client other(farm.balancer->endpoint(), "127.0.0.2");
  const auto back = other.ask(post("x", "Cookie: " + cookie + "\r\n"));
  EXPECT_NE(back.body, answer.body) << "the second address goes to the other server";
  EXPECT_EQ(back.field("X-Cookie"), "[]");
}

TEST_P(SessionCookies, OfAServerThatIsDownIsIgnored) {
  Farm farm(workers());
  Client first(farm.balancer->endpoint(), "127.0.0.1");
  const auto answer = first.ask(post("x"));
  (answer.body == "s1" ? farm.one : farm.two).vanish();
  ASSERT_TRUE(farm.balancer->await(answer.body, balance::Fitness::Down));
  Client other(farm.balancer->endpoint(), "127.0.0.2");
  const auto back = other.ask(post("x", "Cookie: " + cookie_of(answer) + "\r\n"));
  EXPECT_EQ(back.status, 200);
  EXPECT_TRUE(back.field("Set-Cookie")) << "a new one, for the server where it is now";
}

TEST_P(SessionCookies, OneAnswerOfAHuntBringsItAndThatIsTheOneTheClientGets) {
  ShellServer one("s1");
  ShellServer two("s2");
  Scratch scratch;
  scratch.write("keys", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  auto settings = settings_for({one.endpoint(), two.endpoint()}, workers());
  settings.pools[0].affinity.cookie.key_file = scratch.path("keys");
  TestBalancer balancer(settings);
  for (auto* holder : {&one, &two}) {
    const auto shell = shell_id(holder == &one ? 1 : 2);
    Client direct(holder->endpoint());
    ASSERT_EQ(direct.ask(soap_post({.action = "Create", .shell = shell})).status, 200);
    Client finder(balancer.endpoint(), "127.0.0.1");
    const auto found = finder.ask(soap_post({.action = "Receive", .shell = shell}));
    ASSERT_EQ(found.status, 200);
    ASSERT_FALSE(cookie_of(found).empty()) << "found on " << *found.field("X-Server");
    EXPECT_FALSE(finder.ask(soap_post({.action = "Receive", .shell = shell})).field("Set-Cookie")) << "once";
    Client back(balancer.endpoint(), holder == &one ? "127.0.0.2" : "127.0.0.3");
    const auto there =
        back.ask(soap_post({.action = "Get"}, std::string(kBasic) + "Cookie: " + cookie_of(found) + "\r\n"));
    EXPECT_EQ(there.field("X-Server"), found.field("X-Server")) << "it leads to where the shell is";
  }
  EXPECT_EQ(balancer.count(&proxy::Counters::hunts_found), 1U) << "one of the two was at home";
  Client loser(balancer.endpoint(), "127.0.0.1");
  const auto missed = loser.ask(soap_post({.action = "Receive", .shell = shell_id(77)}));
  EXPECT_EQ(fault_code(missed), 2150858843U);
  EXPECT_FALSE(cookie_of(missed).empty()) << "the first answer has it too";
}

TEST_P(SessionCookies, ListedClientsAreSpreadSessionBySession) {
  Farm farm(workers(), "127.0.0.0/8");
  std::vector<std::unique_ptr<Client>> clients;
  std::map<std::string, int> landed;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<Client>(farm.balancer->endpoint()));
    ++landed[clients.back()->ask(post("x")).body];
  }
  EXPECT_EQ(landed["s1"], 4);
  EXPECT_EQ(landed["s2"], 4);
}

}  // namespace
}  // namespace winrmlb::scenarios
