// A shell stays where it lives: whoever names it goes to its server, if his login allows that.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ShellsStay);

using proxy::Counters;

/// Two servers, and an address that is at home on each.
struct Farm {
  explicit Farm(std::uint16_t workers)
      : one("s1"), two("s2"), balancer(settings_for({one.endpoint(), two.endpoint()}, workers)) {}

  ShellServer& server_of(const Message& answer) { return answer.field("X-Server") == "s1" ? one : two; }
  ShellServer& other(const ShellServer& server) { return &server == &one ? two : one; }

  ShellServer one;
  ShellServer two;
  TestBalancer balancer;
};

TEST_P(ShellsStay, AShellMadeFromOneAddressIsFoundFromAnother) {
  Farm farm(workers());
  for (int i = 0; i < 8; ++i) {
    Client maker(farm.balancer.endpoint(), "127.0.0.1");
    const auto created = maker.ask(soap_post({.action = "Create"}));
    const auto shell = created_shell(created);
    ASSERT_FALSE(shell.empty());
    for (const auto* address : {"127.0.0.2", "127.0.0.3"}) {
      Client user(farm.balancer.endpoint(), address);
      const auto answer = user.ask(soap_post({.action = "Receive", .shell = shell}));
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.field("X-Server"), created.field("X-Server"));
    }
  }
  EXPECT_EQ(farm.balancer.count(&Counters::hunts_begun), 0U);
}

TEST_P(ShellsStay, ASessionOpensAFurtherConnectionForAShellElsewhere) {
  Farm farm(workers());
  Client one(farm.balancer.endpoint(), "127.0.0.1");
  Client two(farm.balancer.endpoint(), "127.0.0.2");
  const auto at_one = one.ask(soap_post({.action = "Create"}));
  const auto at_two = two.ask(soap_post({.action = "Create"}));
  ASSERT_NE(at_one.field("X-Server"), at_two.field("X-Server"));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one.ask(soap_post({.action = "Command", .shell = created_shell(at_two)})).field("X-Server"),
              at_two.field("X-Server"));
    EXPECT_EQ(one.ask(soap_post({.action = "Command", .shell = created_shell(at_one)})).field("X-Server"),
              at_one.field("X-Server"));
  }
  EXPECT_EQ(farm.balancer.count(&Counters::connects), 3U) << "one per session and server";
  EXPECT_EQ(farm.balancer.count(&Counters::splits_prevented), 6U);
  one.finish_sending();
  EXPECT_TRUE(one.read_to_end().empty());
  EXPECT_EQ(one.ended(), Ended::Finished);
}

TEST_P(ShellsStay, ABoundSessionStaysWhereItsLoginIs) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint(), "127.0.0.1");
  const auto created = maker.ask(soap_post({.action = "Create"}));
  auto& holder = farm.server_of(created);
  Client bound(farm.balancer.endpoint(), "127.0.0.2");
  const auto first = bound.ask(soap_post({.action = "Create"}, kNegotiate));
  ASSERT_NE(&farm.server_of(first), &holder);
  const auto answer =
      bound.ask(soap_post({.action = "Receive", .shell = created_shell(created)}, kNegotiate));
  EXPECT_EQ(fault_code(answer), 2150858843U) << "the server's own fault";
  EXPECT_NE(answer.field("X-Server"), created.field("X-Server"));
  EXPECT_EQ(farm.balancer.count(&Counters::pin_conflicts), 1U);
  EXPECT_TRUE(holder.holds(created_shell(created)));
  // The fault of a server that never had it does not end the pin.
  Client user(farm.balancer.endpoint(), "127.0.0.2");
  EXPECT_EQ(user.ask(soap_post({.action = "Receive", .shell = created_shell(created)})).field("X-Server"),
            created.field("X-Server"));
}

/// What the balancer knows of a shell.
balance::ShellRegistry::Row row_of(const TestBalancer& balancer, const std::string& shell) {
  auto row = balancer.pool().shells().row(*Uuid::parse(shell), balance::PinKind::Shell, net::now());
  return row.value_or(balance::ShellRegistry::Row{});
}

TEST_P(ShellsStay, OnlyWhoIsServedThereKeepsAPinAlive) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint(), "127.0.0.1");
  const auto created = maker.ask(soap_post({.action = "Create"}));
  const auto shell = created_shell(created);
  const auto address = [](const char* text) { return ClientAddress(*IpAddress::parse(text), 32, 128); };
  const auto before = row_of(farm.balancer, shell);
  ASSERT_EQ(before.client, address("127.0.0.1"));

  Client other(farm.balancer.endpoint(), "127.0.0.2");
  for (const auto& refused :
       {std::string("HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"WSMAN\"\r\nContent-Length: 0\r\n\r\n"),
        fault(5)}) {
    farm.server_of(created).fail_next("Receive", refused);
    EXPECT_NE(other.ask(soap_post({.action = "Receive", .shell = shell})).status, 200);
    const auto after = row_of(farm.balancer, shell);
    EXPECT_EQ(after.client, before.client);
    EXPECT_EQ(after.last_used, before.last_used);
  }
  for (int i = 0; i < 3; ++i) {  // the first by its answer, the next ones as soon as they come
    const auto at = row_of(farm.balancer, shell).last_used;
    EXPECT_EQ(other.ask(soap_post({.action = "Receive", .shell = shell})).status, 200);
    EXPECT_EQ(row_of(farm.balancer, shell).client, address("127.0.0.2"));
    EXPECT_GT(row_of(farm.balancer, shell).last_used, at);
  }
  farm.server_of(created).fail_next("Receive", fault(2150858793));
  const auto at = row_of(farm.balancer, shell).last_used;
  EXPECT_EQ(maker.ask(soap_post({.action = "Receive", .shell = shell})).status, 500);
  EXPECT_GT(row_of(farm.balancer, shell).last_used, at) << "a poll without output is a use";
}

TEST_P(ShellsStay, AServerThatIsAskedForAnothersShellsHasNotRestarted) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint(), "127.0.0.1");
  Client bound(farm.balancer.endpoint(), "127.0.0.2");
  const auto home = maker.ask(soap_post({.action = "Create"}));
  const auto elsewhere = bound.ask(soap_post({.action = "Create"}, kNegotiate));
  ASSERT_NE(home.field("X-Server"), elsewhere.field("X-Server"));
  const auto second = maker.ask(soap_post({.action = "Create"}));
  for (const auto* created : {&home, &second}) {
    const auto shell = created_shell(*created);
    EXPECT_EQ(fault_code(bound.ask(soap_post({.action = "Receive", .shell = shell}, kNegotiate))),
              2150858843U);
  }
  EXPECT_EQ(farm.balancer.pool().shells().shells(), 3U);
  EXPECT_EQ(farm.balancer.log().find("has restarted"), std::string::npos);
}

TEST_P(ShellsStay, TheFirstBoundLoginClosesTheFurtherConnections) {
  Farm farm(workers());
  Client one(farm.balancer.endpoint(), "127.0.0.1");
  Client two(farm.balancer.endpoint(), "127.0.0.2");
  one.ask(soap_post({.action = "Create"}));
  const auto at_two = two.ask(soap_post({.action = "Create"}));
  one.ask(soap_post({.action = "Receive", .shell = created_shell(at_two)}));
  EXPECT_EQ(farm.balancer.server("s1").sessions + farm.balancer.server("s2").sessions, 3U);
  one.ask(soap_post({.action = "Receive", .shell = created_shell(at_two)}, kNegotiate));
  EXPECT_EQ(farm.balancer.server("s1").sessions + farm.balancer.server("s2").sessions, 2U);
}

TEST_P(ShellsStay, AClientsOwnShellIdIsLearnedFromItsCreate) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint(), "127.0.0.1");
  const auto created =
      maker.ask(soap_post({.action = "Create",
                           .shell = shell_id(7),
                           .session = "uuid:" + shell_id(8),
                           .resource = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"}));
  ASSERT_EQ(created.status, 200);
  Client user(farm.balancer.endpoint(), "127.0.0.2");
  user.ask(soap_post({.action = "Create"}));
  EXPECT_EQ(user.ask(soap_post({.action = "Connect", .shell = shell_id(7)})).field("X-Server"),
            created.field("X-Server"));
  EXPECT_EQ(user.ask(soap_post({.action = "Get", .session = "uuid:" + shell_id(8)})).field("X-Server"),
            created.field("X-Server"))
      << "the client session is a pin too";
}

TEST_P(ShellsStay, AnEnumerationGoesOnWhereItBegan) {
  Farm farm(workers());
  Client one(farm.balancer.endpoint(), "127.0.0.1");
  Client two(farm.balancer.endpoint(), "127.0.0.2");
  one.ask(soap_post({.action = "Create"}));
  const auto begun = one.ask(soap_post({.action = "Enumerate"}));
  two.ask(soap_post({.action = "Create"}));
  EXPECT_EQ(two.ask(soap_post({.action = "Pull", .context = "uuid:" + shell_id(999)})).field("X-Server"),
            begun.field("X-Server"));
}

TEST_P(ShellsStay, ADeletedShellIsForgotten) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto created = client.ask(soap_post({.action = "Create"}));
  EXPECT_EQ(farm.balancer.pool().shells().shells(), 1U);
  EXPECT_EQ(client.ask(soap_post({.action = "Delete", .shell = created_shell(created)})).status, 200);
  EXPECT_EQ(farm.balancer.pool().shells().shells(), 0U);
}

TEST_P(ShellsStay, AServerThatHasLostAShellEndsItsPin) {
  Farm farm(workers());
  Client client(farm.balancer.endpoint());
  const auto created = client.ask(soap_post({.action = "Create"}));
  farm.server_of(created).forget_shells();
  const auto answer = client.ask(soap_post({.action = "Receive", .shell = created_shell(created)}));
  EXPECT_EQ(fault_code(answer), 2150858843U);
  EXPECT_EQ(farm.balancer.pool().shells().shells(), 0U);
}

TEST_P(ShellsStay, ARefusedCreateTeachesNothing) {
  Farm farm(workers());
  for (auto* server : {&farm.one, &farm.two})
    server->fail_next("Create", fault(5));
  Client client(farm.balancer.endpoint());
  EXPECT_EQ(client.ask(soap_post({.action = "Create", .shell = shell_id(7)})).status, 500);
  EXPECT_EQ(farm.balancer.pool().shells().shells(), 0U);
}

TEST_P(ShellsStay, ALongBodyAndOneInChunksAreReadToo) {
  Farm farm(workers());
  Client maker(farm.balancer.endpoint(), "127.0.0.1");
  Client user(farm.balancer.endpoint(), "127.0.0.2");
  const auto created = maker.ask(soap_post({.action = "Create"}));
  ASSERT_NE(user.ask(soap_post({.action = "Create"})).field("X-Server"), created.field("X-Server"));
  auto text = envelope({.action = "Send", .shell = created_shell(created)});
  text.insert(text.find("</s:Body>"), std::string(300'000, 'x'));
  const std::string fields = "Content-Type: application/soap+xml;charset=UTF-8\r\n" + std::string(kBasic);
  EXPECT_EQ(user.ask(post(text, fields)).field("X-Server"), created.field("X-Server"));

  // In chunks of seven bytes, the head apart.
  auto request = "POST /wsman HTTP/1.1\r\nHost: lb\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n";
  user.send(request);
  const auto short_text = envelope({.action = "Receive", .shell = created_shell(created)});
  for (std::size_t at = 0; at < short_text.size(); at += 7) {
    const auto piece = short_text.substr(at, 7);
    user.send(std::to_string(piece.size()) + "\r\n" + piece + "\r\n");
  }
  user.send("0\r\n\r\n");
  EXPECT_EQ(user.read_response().field("X-Server"), created.field("X-Server"));
}

}  // namespace
}  // namespace winrmlb::scenarios
