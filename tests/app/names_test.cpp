#include "winrmlb/app/names.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace winrmlb::app {
namespace {

class NamesTest : public ::testing::Test {
 protected:
  NamesTest() {
    config::Pool settings;
    settings.name = "teams";
    settings.servers = {{.name = "ps1", .host = "ps1.example"}, {.name = "ps2", .host = "10.0.0.2"}};
    proxy::PoolEntry entry;
    entry.pool = std::make_shared<balance::Pool>(PoolId(0), settings, 1000, nullptr, next_);
    entry.targets = {{.address = address(1)}, {.address = address(2)}};
    snapshot_.pools.push_back(std::move(entry));
    names.adopt(snapshot_);
  }

  static IpAddress address(int last) { return *IpAddress::parse("10.0.0." + std::to_string(last)); }
  balance::ServerState& ps1() { return *snapshot_.pools[0].pool->member("ps1")->state; }
  /// A look-up is due, and this is its answer; false: none was asked for.
  bool answer(Result<net::Resolved> resolved, seconds later = seconds(31)) {
    now += later;
    names.tick(now);
    if (!asked) return false;
    std::exchange(asked, {})(std::move(resolved));
    return true;
  }
  bool answer(std::vector<IpAddress> addresses) { return answer(net::Resolved{std::move(addresses), {}}); }
  static Error vanished() { return {ErrorCode::ConnectFailed, Side::Local, "ps1.example: not found"}; }

  Scratch scratch;
  telemetry::Log log{{.file = scratch.path("log")}};
  ServerId next_{1};
  proxy::Snapshot snapshot_;
  TimePoint now{std::chrono::hours(1)};
  Names::Answer asked;
  std::vector<std::string> moves;
  Names names{log, [this](const std::string&, Names::Answer to) { asked = std::move(to); },
              [this](const std::string&, const std::string& server, const IpAddress& to) {
                moves.push_back(server + " " + to.text());
              }};
};

TEST_F(NamesTest, AnAddressThatIsStillAmongTheAnswersIsKept) {
  ASSERT_TRUE(answer(std::vector{address(3), address(1)}));
  EXPECT_TRUE(moves.empty());
}

TEST_F(NamesTest, AnotherAddressIsTakenOnce) {
  ASSERT_TRUE(answer(std::vector{address(3)}));
  ASSERT_TRUE(answer(std::vector{address(3)}));
  EXPECT_EQ(moves, std::vector<std::string>{"ps1 10.0.0.3"});
}

TEST_F(NamesTest, AVanishedNameKeepsItsLastAddressAndWarnsOnce) {
  ASSERT_TRUE(answer(vanished()));
  ASSERT_TRUE(answer(vanished()));
  EXPECT_TRUE(moves.empty());
  ASSERT_TRUE(answer(std::vector{address(1)}));
  log.flush();
  const auto text = scratch.read("log");
  EXPECT_EQ(text.find("has no address any more"), text.rfind("has no address any more")) << text;
  EXPECT_NE(text.find("has no address any more"), std::string::npos) << text;
  EXPECT_NE(text.find("has an address again"), std::string::npos) << text;
}

TEST_F(NamesTest, AServerThatIsDownTriesItsOtherAddresses) {
  ASSERT_TRUE(answer(std::vector{address(1), address(7)}));
  names.tick(now += seconds(3));
  EXPECT_TRUE(moves.empty());
  ps1().fitness = balance::Fitness::Down;
  names.tick(now += seconds(3));
  names.tick(now += seconds(1));
  EXPECT_EQ(moves, std::vector<std::string>{"ps1 10.0.0.7"}) << "a check needs its time";
  names.tick(now += seconds(3));
  EXPECT_EQ(moves.back(), "ps1 10.0.0.1");
}

TEST_F(NamesTest, AnAnswerIsAskedForAgainWhenItsTimeToLiveIsOver) {
  const net::Resolved short_lived{{address(1)}, seconds(4)};
  const net::Resolved long_lived{{address(1)}, seconds(300)};
  ASSERT_TRUE(answer(short_lived));
  EXPECT_FALSE(answer(short_lived, seconds(3)));
  EXPECT_TRUE(answer(long_lived, seconds(1)));
  EXPECT_FALSE(answer(long_lived, seconds(299)));
  EXPECT_TRUE(answer(net::Resolved{{address(1)}, {}}, seconds(1)));
  EXPECT_FALSE(answer(long_lived, seconds(29))) << "without a time to live, resolve_every goes";
  EXPECT_TRUE(answer(long_lived, seconds(1)));
}

TEST_F(NamesTest, AnAnswerThatLivesForNoTimeIsNotAskedForAtEachTick) {
  ASSERT_TRUE(answer(net::Resolved{{address(1)}, seconds(0)}));
  names.tick(now += milliseconds(100));
  EXPECT_FALSE(asked);
}

TEST_F(NamesTest, AVanishedNameIsSoonAskedForAgain) {
  ASSERT_TRUE(answer(vanished()));
  EXPECT_TRUE(answer(net::Resolved{{address(1)}, {}}, seconds(5)));
}

TEST_F(NamesTest, AnAddressIsNeverLookedUp) {
  names.tick(now += seconds(31));
  ASSERT_TRUE(asked);
  asked = {};
  names.tick(now += seconds(31));
  EXPECT_FALSE(asked) << "one look-up of ps1 is under way, and ps2 has no name";
}

}  // namespace
}  // namespace winrmlb::app
