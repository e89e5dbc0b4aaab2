#include "winrmlb/balance/login_guard.h"

#include <atomic>

#include <gtest/gtest.h>

#include "balance/pool_support.h"

namespace winrmlb::balance {
namespace {

using support::Farm;

constexpr ServerId kPs1{1};
constexpr ServerId kPs2{2};
constexpr ServerId kPs3{3};

/// A guard, a clock, and logins of a robot.
struct Logins {
  LoginGuard guard{{.failures = 5, .window = seconds(60), .block = seconds(90)}};
  TimePoint now{std::chrono::hours(1000)};

  static LoginGuard::Who who(std::uint32_t client = 1, std::string_view user = "DOMAIN\\robot",
                             std::uint16_t pool = 1) {
    return {PoolId(pool), Farm::client(client), user};
  }
  LoginGuard::Verdict fail(const LoginGuard::Who& as = who(), ServerId at = kPs1) {
    return guard.failed(as, at, now);
  }
  void fail(int times) {
    for (int i = 0; i < times; ++i)
      fail();
  }
  bool blocked(const LoginGuard::Who& as = who()) { return guard.blocked(as, now).has_value(); }
};

TEST(LoginGuard, TheFailureThatIsOneTooManyBlocksAndSaysSoOnce) {
  Logins logins;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(logins.fail().blocks_now);
    EXPECT_FALSE(logins.blocked());
  }
  EXPECT_TRUE(logins.fail().blocks_now);
  EXPECT_EQ(logins.guard.blocked(Logins::who(), logins.now), Duration(seconds(90)));
  EXPECT_FALSE(logins.fail().blocks_now) << "it was under way";
  logins.now += seconds(30);
  EXPECT_EQ(logins.guard.blocked(Logins::who(), logins.now), Duration(seconds(60)));
  logins.now += seconds(60) - Duration(1);
  EXPECT_TRUE(logins.blocked());
  logins.now += Duration(1);
  EXPECT_FALSE(logins.blocked());
  for (int i = 0; i < 4; ++i)
    EXPECT_FALSE(logins.fail().blocks_now) << "counted from the start";
  EXPECT_TRUE(logins.fail().blocks_now);
}

TEST(LoginGuard, OnlyFailuresOfAWindowCount) {
  Logins logins;
  logins.fail();
  logins.now += seconds(59);
  logins.fail(3);
  logins.now += seconds(1);
  EXPECT_FALSE(logins.fail().blocks_now) << "the first is a window ago";
  logins.now += seconds(58);
  EXPECT_TRUE(logins.fail().blocks_now) << "the window slides";
}

TEST(LoginGuard, ASuccessClears) {
  Logins logins;
  logins.fail(4);
  logins.guard.succeeded(Logins::who(), kPs1, logins.now);
  logins.fail(4);
  EXPECT_FALSE(logins.blocked());
  logins.fail(1);
  EXPECT_TRUE(logins.blocked());
  logins.guard.succeeded(Logins::who(), kPs1, logins.now);
  EXPECT_FALSE(logins.blocked()) << "also one that was under way";
}

TEST(LoginGuard, KeysAreApartButForTheCaseOfTheUser) {
  Logins logins;
  logins.fail(4);
  logins.fail(Logins::who(1, "domain\\ROBOT"));
  EXPECT_TRUE(logins.blocked());
  EXPECT_TRUE(logins.blocked(Logins::who(1, "Domain\\Robot")));
  EXPECT_FALSE(logins.blocked(Logins::who(2)));
  EXPECT_FALSE(logins.blocked(Logins::who(1, "domain\\robot2")));
  EXPECT_FALSE(logins.blocked(Logins::who(1, "DOMAIN\\robot", 2)));
}

TEST(LoginGuard, AnOperatorLiftsABlock) {
  Logins logins;
  EXPECT_FALSE(logins.guard.lift(Logins::who()));
  logins.fail(4);
  EXPECT_FALSE(logins.guard.lift(Logins::who())) << "there is none yet";
  logins.fail(1);
  EXPECT_TRUE(logins.guard.lift(Logins::who(1, "domain\\robot")));
  EXPECT_FALSE(logins.blocked());
  EXPECT_FALSE(logins.guard.lift(Logins::who()));
  logins.fail(4);
  EXPECT_FALSE(logins.blocked());
  logins.fail(1);
  logins.now += seconds(90);
  EXPECT_FALSE(logins.blocked());
  EXPECT_FALSE(logins.guard.lift(Logins::who())) << "it is over";
}

TEST(LoginGuard, WithoutALimitNobodyIsBlocked) {
  Logins logins;
  logins.fail(5);
  logins.guard.set_settings({.failures = 0, .window = seconds(60), .block = seconds(90)});
  EXPECT_FALSE(logins.blocked());
  logins.fail(100);
  EXPECT_FALSE(logins.blocked());
  logins.guard.set_settings({.failures = 1, .window = seconds(60), .block = seconds(90)});
  logins.now += seconds(90);
  EXPECT_TRUE(logins.fail().blocks_now);
}

TEST(LoginGuard, ManyAddressesRaiseOneAlertAndBlockNobody) {
  Logins logins;
  for (std::uint32_t i = 1; i <= 4; ++i) {
    EXPECT_FALSE(logins.fail(Logins::who(i)).many_addresses);
    EXPECT_FALSE(logins.fail(Logins::who(i)).many_addresses);
  }
  EXPECT_TRUE(logins.fail(Logins::who(5)).many_addresses);
  EXPECT_FALSE(logins.fail(Logins::who(6)).many_addresses);
  for (std::uint32_t i = 1; i <= 6; ++i)
    EXPECT_FALSE(logins.blocked(Logins::who(i)));
  logins.now += std::chrono::hours(1);
  EXPECT_FALSE(logins.fail(Logins::who(1)).many_addresses) << "the others are long ago";
  for (std::uint32_t i = 2; i <= 4; ++i)
    logins.fail(Logins::who(i));
  EXPECT_TRUE(logins.fail(Logins::who(5)).many_addresses) << "another alert";
}

TEST(LoginGuard, AServerThatRejectsWhomAnotherAcceptedIsNamedOnceAnHour) {
  Logins logins;
  EXPECT_FALSE(logins.fail(Logins::who(), kPs1).accepted_by);
  logins.guard.succeeded(Logins::who(2, "domain\\Robot"), kPs2, logins.now);
  logins.now += seconds(600);
  EXPECT_EQ(logins.fail(Logins::who(), kPs1).accepted_by, kPs2);
  EXPECT_FALSE(logins.fail(Logins::who(), kPs1).accepted_by) << "told once";
  EXPECT_EQ(logins.fail(Logins::who(), kPs3).accepted_by, kPs2) << "of each server";
  EXPECT_FALSE(logins.fail(Logins::who(1, "other"), kPs1).accepted_by);
  logins.now += seconds(3000);
  EXPECT_FALSE(logins.fail(Logins::who(), kPs1).accepted_by) << "no longer lately";
  logins.guard.succeeded(Logins::who(2), kPs2, logins.now);
  logins.now += seconds(600);
  EXPECT_EQ(logins.fail(Logins::who(), kPs1).accepted_by, kPs2) << "an hour later";
}

TEST(LoginGuard, AServerThatKnowsTheAccountJustSawAWrongPassword) {
  Logins logins;
  logins.guard.succeeded(Logins::who(2), kPs2, logins.now);
  logins.guard.succeeded(Logins::who(3), kPs1, logins.now);
  EXPECT_FALSE(logins.fail(Logins::who(), kPs1).accepted_by);
}

TEST(LoginGuard, RowsShowWhoFailsAndWhoIsBlocked) {
  Logins logins;
  logins.fail(5);
  logins.now += seconds(10);
  logins.fail(Logins::who(2, "Other"));
  auto rows = logins.guard.rows(logins.now);
  ASSERT_EQ(rows.size(), 2U);
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.client < b.client; });
  EXPECT_EQ(rows[0].user, "DOMAIN\\robot");
  EXPECT_EQ(rows[0].failures, 5U);
  EXPECT_EQ(rows[0].blocked_for, Duration(seconds(80)));
  EXPECT_EQ(rows[1].client, Farm::client(2));
  EXPECT_EQ(rows[1].user, "Other");
  EXPECT_EQ(rows[1].failures, 1U);
  EXPECT_FALSE(rows[1].blocked_for);
  logins.now += seconds(60);
  EXPECT_EQ(logins.guard.rows(logins.now).size(), 1U);
  logins.now += seconds(20);
  EXPECT_TRUE(logins.guard.rows(logins.now).empty());
}

TEST(LoginGuard, IsBoundedAndForgetsWhoFailedLongestAgo) {
  Logins logins;
  logins.fail(5);
  for (std::uint32_t i = 0; i < 100'000; ++i)
    logins.fail(Logins::who(7, "user" + std::to_string(i)));
  EXPECT_FALSE(logins.blocked());
  EXPECT_EQ(logins.guard.rows(logins.now).size(), 65536U);
}

TEST(LoginGuard, NamesOfAnyLengthAndKindAreTaken) {
  Logins logins;
  for (const auto& user : {std::string(), std::string(100'000, 'A'), std::string("\0\xff", 2)}) {
    for (int i = 0; i < 5; ++i)
      logins.fail(Logins::who(1, user));
    EXPECT_TRUE(logins.blocked(Logins::who(1, user)));
  }
  EXPECT_TRUE(logins.blocked(Logins::who(1, std::string(200'000, 'a')))) << "too long to be told apart";
}

TEST(LoginGuard, CountsExactlyAmongThreads) {
  Logins logins;
  logins.guard.set_settings({.failures = 1000, .window = seconds(60), .block = seconds(90)});
  std::atomic<int> blocks{0};
  support::at_once(8, [&](std::size_t thread) {
    for (int i = 0; i < 125; ++i) {
      blocks += logins.guard.failed(Logins::who(), kPs1, logins.now).blocks_now ? 1 : 0;
      logins.guard.blocked(Logins::who(), logins.now);
      const auto own = Logins::who(100 + static_cast<std::uint32_t>(thread));
      logins.guard.failed(own, kPs1, logins.now);
      logins.guard.succeeded(own, kPs2, logins.now);
      if (i % 25 == 0) logins.guard.rows(logins.now);
      if (i % 25 == 1) logins.guard.lift(own);
    }
  });
  EXPECT_EQ(blocks, 1);
  EXPECT_TRUE(logins.blocked());
}

}  // namespace
}  // namespace winrmlb::balance
