#include "winrmlb/balance/admission.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace winrmlb::balance {
namespace {

IpAddress ip(const char* text) { return *IpAddress::parse(text); }
const TimePoint kStart = TimePoint{} + std::chrono::hours(1);

TEST(Admission, WithoutRulesEverybodyComesIn) {
  Admission admission;
  const config::Listener open;
  for (int i = 0; i < 10'000; ++i)
    ASSERT_FALSE(admission.enter(ip("10.0.0.1"), open, kStart));
  EXPECT_EQ(admission.sessions(), 10'000U);
}

TEST(Admission, DenyGoesBeforeAllow) {
  Admission admission;
  config::Listener rules;
  rules.allow = {*Prefix::parse("10.0.0.0/8"), *Prefix::parse("2001:db8::/32")};
  rules.deny = {*Prefix::parse("10.66.0.0/16")};
  EXPECT_FALSE(admission.enter(ip("10.1.2.3"), rules, kStart));
  EXPECT_FALSE(admission.enter(ip("2001:db8::5"), rules, kStart));
  EXPECT_EQ(admission.enter(ip("10.66.0.1"), rules, kStart), Refusal::Denied);
  EXPECT_EQ(admission.enter(ip("192.168.0.1"), rules, kStart), Refusal::Denied);
  EXPECT_EQ(admission.sessions(), 2U) << "one that was refused counts as a session";
}

TEST(Admission, SessionsHaveALimitAndLeavingMakesRoom) {
  Admission admission;
  config::Listener rules;
  rules.limits = {.sessions = 3, .sessions_per_address = 2};
  EXPECT_FALSE(admission.enter(ip("10.0.0.1"), rules, kStart));
  EXPECT_FALSE(admission.enter(ip("10.0.0.1"), rules, kStart));
  EXPECT_EQ(admission.enter(ip("10.0.0.1"), rules, kStart), Refusal::SessionsOfAddress);
  EXPECT_FALSE(admission.enter(ip("10.0.0.2"), rules, kStart));
  EXPECT_EQ(admission.enter(ip("10.0.0.3"), rules, kStart), Refusal::Sessions);
  admission.leave(ip("10.0.0.1"));
  EXPECT_FALSE(admission.enter(ip("10.0.0.1"), rules, kStart));
}

TEST(Admission, Ipv6AddressesOfOneSiteAreOne) {
  Admission admission;
  config::Listener rules;
  rules.limits = {.sessions_per_address = 1};
  EXPECT_FALSE(admission.enter(ip("2001:db8::1"), rules, kStart));
  EXPECT_EQ(admission.enter(ip("2001:db8::2"), rules, kStart), Refusal::SessionsOfAddress);
  EXPECT_FALSE(admission.enter(ip("2001:db8:0:1::1"), rules, kStart));
}

TEST(Admission, NewSessionsComeAtTheRateAndOnceAsManyMore) {
  Admission admission;
  config::Listener rules;
  rules.limits = {.new_per_second = 5};
  auto now = kStart;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(admission.enter(ip("10.0.0.1"), rules, now)) << i;
  EXPECT_EQ(admission.enter(ip("10.0.0.1"), rules, now), Refusal::RateOfAddress);
  EXPECT_FALSE(admission.enter(ip("10.0.0.2"), rules, now)) << "others pay for it";
  now += milliseconds(200);
  EXPECT_FALSE(admission.enter(ip("10.0.0.1"), rules, now));
  EXPECT_EQ(admission.enter(ip("10.0.0.1"), rules, now), Refusal::RateOfAddress);
}

TEST(Admission, LoginsHaveARateOfTheirOwn) {
  Admission admission;
  config::Listener rules;
  rules.limits = {.logins_per_minute = 3};
  auto now = kStart;
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(admission.login(ip("10.0.0.1"), rules, now));
  EXPECT_EQ(admission.login(ip("10.0.0.1"), rules, now), Refusal::LoginsOfAddress);
  now += seconds(20);
  EXPECT_FALSE(admission.login(ip("10.0.0.1"), rules, now));
}

TEST(Admission, TheAddressIdleForLongestIsForgottenAndALiveOneNever) {
  Admission admission(64);  // one idle address for each stripe
  config::Listener rules;
  rules.limits = {.sessions_per_address = 1};
  ASSERT_FALSE(admission.enter(ip("10.9.9.9"), rules, kStart));
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const auto client = IpAddress::from_v4(0x0b000000 + i);
    ASSERT_FALSE(admission.enter(client, rules, kStart));
    admission.leave(client);
  }
  EXPECT_LE(admission.remembered(), 65U);
  EXPECT_EQ(admission.enter(ip("10.9.9.9"), rules, kStart), Refusal::SessionsOfAddress);
}

TEST(Admission, ALimitHoldsWhoeverAsksAtOnce) {
  Admission admission;
  config::Listener rules;
  rules.limits = {.sessions = 100, .sessions_per_address = 30};
  std::atomic<int> entered{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        if (!admission.enter(ip("10.0.0.1"), rules, kStart)) ++entered;
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(entered, 30);
  EXPECT_EQ(admission.sessions(), 30U);
}

TEST(Admission, RefusalsAreCountedByReason) {
  Admission admission;
  admission.count(Refusal::Denied);
  admission.count(Refusal::Denied);
  admission.count(Refusal::AddressChanged);
  EXPECT_EQ(admission.refused(Refusal::Denied), 2U);
  EXPECT_EQ(admission.refused(Refusal::AddressChanged), 1U);
  EXPECT_EQ(admission.refused(Refusal::Tls), 0U);
}

}  // namespace
}  // namespace winrmlb::balance
