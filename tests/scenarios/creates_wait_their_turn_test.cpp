// A server makes only so many shells at once (max_creates): new addresses go where there is a turn, others
// wait.
#include <thread>

#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(Creates);

using proxy::Counters;

/// Takes its time over Creates, until it is told to go on.
struct SlowMaker {
  explicit SlowMaker(std::string with_name) : name(std::move(with_name)) {}
  ~SlowMaker() { go_on.come(); }

  void serve(End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      if (request.body.find("/Create<") != std::string::npos) {
        ++asked;
        begun.come();
        go_on.wait();
      }
      end.send(ok(name));
    }
  }

  std::string name;
  std::atomic<int> asked{0};
  Moment begun;
  Moment go_on;
  ScriptedServer server{[this](End& end) { serve(end); }};
};

std::string create() { return soap_post({.action = "Create"}); }

/// False: not within ten seconds.
bool await(const std::function<bool()>& reached) {
  const auto until = net::now() + seconds(10);
  while (!reached()) {
    if (net::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

bool await_waiting(const TestBalancer& balancer, std::uint64_t creates) {
  return await([&] { return balancer.count(&Counters::creates_waited) >= creates; });
}

TEST_P(Creates, OfANewAddressGoWhereThereIsATurn) {
  SlowMaker one("s1");
  SlowMaker two("s2");
  auto settings = settings_for({one.server.endpoint(), two.server.endpoint()}, workers());
  settings.pools[0].servers[0].max_creates = 1;
  settings.pools[0].servers[1].weight = 1;
  two.go_on.come();
  TestBalancer balancer(settings);
  Client first(balancer.endpoint(), "127.0.0.1");
  first.send(create());
  ASSERT_TRUE(one.begun.wait());
  Client second(balancer.endpoint(), "127.0.0.2");
  EXPECT_EQ(second.ask(create()).body, "s2");
  Client third(balancer.endpoint(), "127.0.0.3");
  EXPECT_EQ(third.ask(soap_post({.action = "Get"})).body, "s1") << "what is no Create goes as always";
  one.go_on.come();
  EXPECT_EQ(first.read_response().body, "s1");
  Client fourth(balancer.endpoint(), "127.0.0.4");
  EXPECT_EQ(fourth.ask(create()).body, "s1");
  EXPECT_EQ(balancer.count(&Counters::creates_waited), 0U);
}

TEST_P(Creates, OfAnAddressThatIsThereWaitForTheirTurn) {
  SlowMaker one("s1");
  SlowMaker two("s2");
  auto settings = settings_for({one.server.endpoint(), two.server.endpoint()}, workers());
  settings.pools[0].servers[0].max_creates = 2;
  settings.pools[0].servers[1].weight = 1;
  TestBalancer balancer(settings);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::uint64_t i = 0; i < 5; ++i) {
    clients.push_back(std::make_unique<Client>(balancer.endpoint()));
    clients.back()->send(create());
    ASSERT_TRUE(await_waiting(balancer, i < 2 ? 0 : i - 1));
  }
  EXPECT_LE(one.asked, 2);
  EXPECT_EQ(two.asked, 0) << "an address stays together";
  one.go_on.come();
  for (auto& client : clients)
    EXPECT_EQ(client->read_response().body, "s1");
  EXPECT_EQ(one.asked, 5);
  EXPECT_EQ(balancer.server("s1").creates.running(), 0U);
}

TEST_P(Creates, ForWhichThereIsNoTurnInTimeAreToldToComeAgain) {
  SlowMaker one("s1");
  auto settings = settings_for({one.server.endpoint()}, workers());
  settings.pools[0].servers[0].max_creates = 1;
  settings.pools[0].timeouts.queue = milliseconds(200);
  TestBalancer balancer(settings);
  Client first(balancer.endpoint());
  first.send(create());
  ASSERT_TRUE(one.begun.wait());
  Client second(balancer.endpoint());
  const auto answer = second.ask(create());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(fault_code(answer), 2150858772U);
  EXPECT_EQ(answer.field("Retry-After"), "5");
  second.close();
  EXPECT_TRUE(await([&] { return balancer.errors(ErrorCode::ServerBusy) == 1; }));
  one.go_on.come();
  EXPECT_EQ(first.read_response().status, 200);
  EXPECT_EQ(Client(balancer.endpoint()).ask(create()).status, 200);
  EXPECT_EQ(one.asked, 2) << "the one that was refused never came there";
}

TEST_P(Creates, OfAClientThatHasLeftAreNotMade) {
  SlowMaker one("s1");
  auto settings = settings_for({one.server.endpoint()}, workers());
  settings.pools[0].servers[0].max_creates = 1;
  TestBalancer balancer(settings);
  Client first(balancer.endpoint());
  first.send(create());
  ASSERT_TRUE(one.begun.wait());
  Client second(balancer.endpoint());
  second.send(create());
  ASSERT_TRUE(await_waiting(balancer, 1));
  second.reset();
  EXPECT_TRUE(await([&] { return balancer.open_sessions() == 1; }));
  one.go_on.come();
  EXPECT_EQ(first.read_response().status, 200);
  EXPECT_EQ(one.asked, 1);
}

TEST_P(Creates, ThatFailGiveTheirTurnBack) {
  ShellServer one("s1");
  auto settings = settings_for({one.endpoint()}, workers());
  settings.pools[0].servers[0].max_creates = 1;
  TestBalancer balancer(settings);
  for (const auto& failure : {std::string(), fault(5), fault(2150859173)}) {
    one.fail_next("Create", failure);
    EXPECT_NE(Client(balancer.endpoint()).ask(create()).status, 200);
    EXPECT_EQ(balancer.server("s1").creates.running(), 0U);
  }
  EXPECT_EQ(balancer.count(&Counters::creates_waited), 0U);
}

}  // namespace
}  // namespace winrmlb::scenarios
