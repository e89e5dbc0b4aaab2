#include "winrmlb/balance/choose.h"

#include <map>

#include <gtest/gtest.h>

#include "winrmlb/core/hash.h"

namespace winrmlb::balance {
namespace {

using config::Assign;
using config::Failback;

ServerId id(int number) { return ServerId(static_cast<std::uint16_t>(number)); }

/// A server that is up; its name is "ps<number>".
Candidate up(int number, std::uint32_t clients = 0) {
  Candidate candidate;
  candidate.id = id(number);
  candidate.name_hash = stable_hash("ps" + std::to_string(number));
  candidate.weight = 100;
  candidate.takes_new = candidate.keeps_old = true;
  candidate.clients = clients;
  return candidate;
}
Candidate down(int number) {
  auto candidate = up(number);
  candidate.takes_new = candidate.keeps_old = false;
  candidate.down = true;
  return candidate;
}
Candidate maintenance(int number) {
  auto candidate = down(number);
  candidate.down = false;
  return candidate;
}
Candidate suspect(int number) {
  auto candidate = up(number);
  candidate.takes_new = false;
  return candidate;
}
Candidate draining(int number) {
  auto candidate = suspect(number);
  candidate.draining = true;
  return candidate;
}
Candidate checking(int number) {
  auto candidate = suspect(number);
  candidate.checking = true;
  return candidate;
}
Candidate full(int number) {
  auto candidate = up(number);
  candidate.full = true;
  return candidate;
}
Candidate crowded(int number) {
  auto candidate = up(number);
  candidate.crowded = true;
  return candidate;
}
Candidate frozen(int number) {
  auto candidate = down(number);
  candidate.down = false;
  candidate.frozen = true;
  return candidate;
}
Candidate doubted(int number) {
  auto candidate = suspect(number);
  candidate.suspect = candidate.ready = true;
  return candidate;
}
Candidate ramping(Candidate candidate, int thousandths) {
  candidate.ramp = static_cast<std::uint16_t>(thousandths);
  return candidate;
}
Candidate weighing(Candidate candidate, int weight) {
  candidate.weight = static_cast<std::uint16_t>(weight);
  return candidate;
}
Candidate in_tier(Candidate candidate, int priority) {
  candidate.priority = static_cast<std::uint8_t>(priority);
  return candidate;
}
Candidate with_shells(Candidate candidate, std::uint32_t shells) {
  candidate.shells = shells;
  return candidate;
}

ClientAddress client(std::uint32_t number = 1) { return {IpAddress::from_v4(0x0a000000 + number), 32, 128}; }
Facts facts(std::uint32_t number = 1) { return {client(number), {}, {}}; }
Entry at(int server) { return {id(server), {}, false, false}; }
Entry holding(int server) {
  Entry entry{id(server), {}, true, false};
  entry.lives = true;
  return entry;
}
Entry sealed_lately(int server) {
  Entry entry{id(server), {}, true, false};
  entry.quiet = false;
  return entry;
}
Entry away(int server, int home) { return {id(server), id(home), false, false}; }
Entry away_holding(int server, int home) { return {id(server), id(home), true, false}; }

std::string show(const Choice& choice) {
  return choice.server ? std::string(name_of(choice.reason)) + " " + std::to_string(choice.server->value())
                       : std::string(name_of(choice.reason));
}

struct Case {
  std::string rule;
  std::optional<Entry> entry;
  std::vector<Candidate> servers;
  std::string expected;
  Policy policy{};
};

const Policy kNever{Assign::Balanced, Failback::Never, {}};
const Policy kImmediate{Assign::Balanced, Failback::Immediate, {}};

TEST(Choose, FollowsTheRules) {
  const std::vector<Case> cases = {
      {"no server, no choice", {}, {}, "unavailable"},
      {"fewest clients", {}, {up(1, 2), up(2, 1), up(3, 2)}, "assigned 2"},
      {"fewest clients per weight", {}, {up(1, 2), weighing(up(2, 5), 250)}, "assigned 2"},
      {"the client itself counts", {}, {weighing(up(1, 0), 10), weighing(up(2, 1), 30)}, "assigned 2"},
      {"then fewest shells", {}, {with_shells(up(1, 1), 4), with_shells(up(2, 1), 3)}, "assigned 2"},
      {"shells do not outvote clients",
       {},
       {with_shells(up(1, 1), 0), with_shells(up(2, 0), 90)},
       "assigned 2"},
      {"weight 0 takes nobody", {}, {weighing(up(1), 0)}, "unavailable"},
      {"lowest tier first", {}, {in_tier(up(1, 0), 1), in_tier(up(2, 9), 0)}, "assigned 2"},
      {"next tier if none is fit",
       {},
       {in_tier(up(1), 1), in_tier(down(2), 0), in_tier(up(3), 2)},
       "assigned 1"},
      {"next tier if full", {}, {in_tier(up(1), 1), in_tier(full(2), 0)}, "assigned 1"},
      {"not a suspect one", {}, {suspect(1), up(2, 9)}, "assigned 2"},
      {"not a draining one", {}, {draining(1), up(2, 9)}, "assigned 2"},
      {"not one in maintenance", {}, {maintenance(1), up(2, 9)}, "assigned 2"},
      {"not a full one", {}, {full(1), up(2, 9)}, "assigned 2"},
      {"all full", {}, {full(1), full(2)}, "unavailable"},
      {"not a crowded one", {}, {crowded(1), up(2, 9)}, "assigned 2"},
      {"the next tier rather than a crowded one", {}, {crowded(1), in_tier(up(2), 1)}, "assigned 2"},
      {"a crowded one if there is no other", {}, {full(1), crowded(2), checking(3)}, "assigned 2"},
      {"no crowded one that takes nobody new", {}, {weighing(crowded(1), 0), full(2)}, "unavailable"},
      {"not an unchecked one", {}, {checking(1), up(2, 9)}, "assigned 2"},
      {"unchecked if there is no other", {}, {down(1), checking(2)}, "assigned 2"},
      {"only a suspect one", {}, {suspect(1)}, "unavailable"},

      {"stays, however uneven", at(1), {up(1, 9), up(2, 0)}, "affinity 1"},
      {"stays on a suspect server", at(1), {suspect(1), up(2)}, "affinity 1"},
      {"stays on a full server", at(1), {full(1), up(2)}, "affinity 1"},
      {"stays on a server of weight 0", at(1), {weighing(up(1), 0), up(2)}, "affinity 1"},
      {"stays in a higher tier", at(1), {in_tier(up(1), 1), up(2)}, "affinity 1"},
      {"stays while draining if it holds", holding(1), {draining(1), up(2)}, "affinity 1"},
      {"stays while draining if one is coming",
       Entry{id(1), {}, false, true},
       {draining(1), up(2)},
       "affinity 1"},
      {"leaves a draining server", at(1), {draining(1), up(2)}, "failover 2"},
      {"leaves a down server even if it holds", holding(1), {down(1), up(2)}, "failover 2"},
      {"leaves maintenance even if it holds", holding(1), {maintenance(1), up(2)}, "failover 2"},
      {"leaves a removed server", holding(7), {up(1, 3), up(2)}, "failover 2"},
      {"nowhere to go", at(1), {down(1), full(2), suspect(3)}, "unavailable"},

      {"goes home when idle", away(2, 1), {up(1, 5), up(2)}, "failback 1"},
      {"not while it holds", away_holding(2, 1), {up(1), up(2)}, "affinity 2"},
      {"not while one is coming", Entry{id(2), id(1), false, true}, {up(1), up(2)}, "affinity 2"},
      {"not while home is down", away(2, 1), {down(1), up(2)}, "affinity 2"},
      {"not while home is suspect", away(2, 1), {suspect(1), up(2)}, "affinity 2"},
      {"not while home drains", away(2, 1), {draining(1), up(2)}, "affinity 2"},
      {"not while home is full", away(2, 1), {full(1), up(2)}, "affinity 2"},
      {"not while home is unchecked", away(2, 1), {checking(1), up(2)}, "affinity 2"},
      {"not to a removed home", away(2, 7), {up(1), up(2)}, "affinity 2"},
      {"home rather than a third place", away(2, 1), {up(1, 9), down(2), up(3)}, "failback 1"},
      {"a third place if home is down", away(2, 1), {down(1), down(2), up(3)}, "failover 3"},
      {"never goes home", away(2, 1), {up(1), up(2)}, "affinity 2", kNever},
      {"never, not even if it must leave", away(2, 1), {up(1, 9), down(2), up(3)}, "failover 3", kNever},
      {"immediately goes home", away_holding(2, 1), {up(1), up(2)}, "failback 1", kImmediate},
      {"immediately, if home is fit", away_holding(2, 1), {suspect(1), up(2)}, "affinity 2", kImmediate},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(show(choose(facts(), one.entry, one.servers, one.policy)), one.expected) << one.rule;
    auto reversed = one.servers;
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_EQ(show(choose(facts(), one.entry, reversed, one.policy)), one.expected)
        << one.rule << ", reversed";
  }
}

TEST(Choose, AServerThatMayOnlyBeFrozenKeepsWhatLivesThere) {
  EXPECT_EQ(show(choose(facts(), holding(1), std::vector{frozen(1), up(2)}, {})), "affinity 1");
  EXPECT_EQ(show(choose(facts(), at(1), std::vector{frozen(1), up(2)}, {})), "failover 2");
  EXPECT_EQ(show(choose(facts(), sealed_lately(1), std::vector{frozen(1), up(2)}, {})), "failover 2");
  EXPECT_EQ(show(choose({client(), {}, id(1)}, {}, std::vector{frozen(1), up(2)}, {})), "pinned 1");
  EXPECT_EQ(show(choose({client(), id(1), {}}, {}, std::vector{frozen(1), up(2)}, {})), "bound 1");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{frozen(1), up(2, 9)}, {})), "assigned 2");
}

TEST(Choose, ADrainingServerIsLeftByCreatesAndByQuietAddresses) {
  EXPECT_EQ(show(choose(facts(), sealed_lately(1), std::vector{draining(1), up(2)}, {})), "affinity 1");
  auto create = facts();
  create.creates_shell = true;
  EXPECT_EQ(show(choose(create, holding(1), std::vector{draining(1), up(2)}, {})), "failover 2");
  EXPECT_EQ(show(choose(create, holding(1), std::vector{up(1, 9), up(2)}, {})), "affinity 1");
  Entry idle{id(1), {}, true, false};  // something sealed long ago
  EXPECT_EQ(show(choose(facts(), idle, std::vector{draining(1), up(2)}, {})), "failover 2");
}

TEST(Choose, ACreateGoesWhereItNeedNotWaitIfItsAddressHoldsNothing) {
  auto busy = up(1);
  busy.busy = true;
  EXPECT_EQ(show(choose(facts(), {}, std::vector{busy, up(2, 9)}, {})), "assigned 2");
  EXPECT_EQ(show(choose(facts(), at(1), std::vector{busy, up(2, 9)}, {})), "failover 2");
  EXPECT_EQ(show(choose(facts(), holding(1), std::vector{busy, up(2)}, {})), "affinity 1") << "it waits";
  Entry expected{id(1)};
  expected.expects = true;
  EXPECT_EQ(show(choose(facts(), expected, std::vector{busy, up(2)}, {})), "affinity 1");

  auto other = up(2, 9);
  other.busy = true;
  EXPECT_EQ(show(choose(facts(), {}, std::vector{busy, other}, {})), "assigned 1") << "one of them will do";
  EXPECT_EQ(show(choose(facts(), at(2), std::vector{busy, other}, {})), "affinity 2");

  auto backup = up(2);
  backup.priority = 1;
  EXPECT_EQ(show(choose(facts(), {}, std::vector{busy, backup}, {})), "assigned 1") << "that is no emergency";
  EXPECT_EQ(show(choose(facts(), at(1), std::vector{busy, backup}, {})), "affinity 1");
}

TEST(Choose, WithoutAnyFitServerASuspectOneIsBetterThanNone) {
  EXPECT_EQ(show(choose(facts(), {}, std::vector{down(1), doubted(2)}, {})), "assigned 2");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{checking(1), doubted(2)}, {})), "assigned 1");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{up(1, 9), doubted(2)}, {})), "assigned 1");
}

TEST(Choose, TheLastKnownServerServesIfTheOperatorWantsIt) {
  const Policy last_known{Assign::Balanced, Failback::WhenIdle, {}, config::WhenAllDown::LastKnown};
  auto one = down(1);
  auto two = down(2);
  one.ready = two.ready = true;
  two.clients = 3;
  EXPECT_EQ(show(choose(facts(), {}, std::vector{one, two}, {})), "unavailable");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{one, two}, last_known)), "assigned 1");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{down(1), two}, last_known)), "assigned 2")
      << "not one that the operator has taken out";
}

TEST(Choose, ASlowStartTakesItsFirstClientAndThenFewerThanItsShare) {
  EXPECT_EQ(show(choose(facts(), {}, std::vector{ramping(up(1, 0), 100), up(2, 2)}, {})), "assigned 1");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{ramping(up(1, 1), 100), up(2, 9)}, {})), "assigned 2");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{ramping(up(1, 1), 100), up(2, 11)}, {})), "assigned 1");
  EXPECT_EQ(show(choose(facts(), {}, std::vector{ramping(up(1, 5), 500), up(2, 9)}, {})), "assigned 2");
}

TEST(Choose, BoundGoesWhereItIsBoundWhateverElseIsKnown) {
  const Facts bound{client(), id(1), id(2)};
  EXPECT_EQ(show(choose(bound, holding(2), std::vector{up(1, 9), up(2)}, {})), "bound 1");
  EXPECT_EQ(show(choose(bound, {}, std::vector{suspect(1), up(2)}, {})), "bound 1");
  EXPECT_EQ(show(choose(bound, {}, std::vector{draining(1), up(2)}, {})), "bound 1");
  EXPECT_EQ(show(choose(bound, {}, std::vector{maintenance(1), up(2)}, {})), "bound 1");
  EXPECT_EQ(show(choose(bound, {}, std::vector{full(1), up(2)}, {})), "bound 1");
  EXPECT_EQ(show(choose(bound, {}, std::vector{up(2)}, {})), "bound 1") << "removed by a reload";
  EXPECT_EQ(show(choose(bound, holding(2), std::vector{down(1), up(2)}, {})), "unavailable");
}

TEST(Choose, PinnedGoesToTheShell) {
  const Facts pinned{client(), {}, id(1)};
  EXPECT_EQ(show(choose(pinned, holding(2), std::vector{up(1, 9), up(2)}, {})), "pinned 1");
  EXPECT_EQ(show(choose(pinned, holding(2), std::vector{draining(1), up(2)}, {})), "pinned 1");
  EXPECT_EQ(show(choose(pinned, holding(2), std::vector{suspect(1), up(2)}, {})), "pinned 1");
}

TEST(Choose, AShellWhoseServerIsOutHasNoOtherPlace) {
  const Facts pinned{client(), {}, id(1)};
  for (const auto& out : {down(1), maintenance(1), up(3)}) {
    const auto choice = choose(pinned, holding(2), std::vector{out, up(2)}, {});
    EXPECT_EQ(choice.server, std::nullopt);
    EXPECT_EQ(choice.reason, Reason::Pinned);
  }
}

TEST(Choose, WhatIsNoShellGoesByTheAddressWhenItsServerIsOut) {
  Facts pinned{client(), {}, id(1)};
  pinned.pin_is_shell = false;
  EXPECT_EQ(show(choose(pinned, holding(2), std::vector{up(1, 9), up(2)}, {})), "pinned 1");
  EXPECT_EQ(show(choose(pinned, holding(2), std::vector{down(1), up(2)}, {})), "affinity 2");
  EXPECT_EQ(show(choose(pinned, {}, std::vector{maintenance(1), up(2)}, {})), "assigned 2");
  EXPECT_EQ(show(choose(pinned, {}, std::vector{up(2)}, {})), "assigned 2") << "removed by a reload";
}

TEST(Choose, TiesFallTheSameWayInAnyOrderAndSpread) {
  std::map<std::string, int> won;
  for (std::uint32_t i = 0; i < 300; ++i) {
    const auto choice = show(choose(facts(i), {}, std::vector{up(1), up(2), up(3)}, {}));
    EXPECT_EQ(show(choose(facts(i), {}, std::vector{up(3), up(1), up(2)}, {})), choice);
    ++won[choice];
  }
  ASSERT_EQ(won.size(), 3U);
  for (const auto& [choice, times] : won)
    EXPECT_GT(times, 60) << choice;
}

// Compared as fractions, not as doubles: 2^32 clients at weight 65535 still differ by one.
TEST(Choose, ComparesLargeCountsExactly) {
  const auto a = weighing(up(1, 4294967294U), 65535);
  const auto b = weighing(up(2, 4294967293U), 65535);
  EXPECT_EQ(show(choose(facts(), {}, std::vector{a, b}, {})), "assigned 2");
}

TEST(Choose, HashIgnoresCountsAndAgreesAcrossOrders) {
  const Policy hash{Assign::Hash, Failback::WhenIdle, {}};
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto choice = show(choose(facts(i), {}, std::vector{up(1, 9), up(2, 0), up(3, 4)}, hash));
    EXPECT_EQ(show(choose(facts(i), {}, std::vector{up(3, 0), up(2, 7), up(1, 1)}, hash)), choice);
  }
}

TEST(Choose, HashGoesBackToTheIdealServerWhenIdle) {
  const Policy hash{Assign::Hash, Failback::WhenIdle, {}};
  for (std::uint32_t i = 0; i < 50; ++i) {
    const auto ideal = choose(facts(i), {}, std::vector{up(1), up(2), up(3)}, hash).server->value();
    const int other = ideal == 1 ? 2 : 1;
    EXPECT_EQ(show(choose(facts(i), at(other), std::vector{up(1), up(2), up(3)}, hash)),
              "failback " + std::to_string(ideal));
    EXPECT_EQ(show(choose(facts(i), holding(other), std::vector{up(1), up(2), up(3)}, hash)),
              "affinity " + std::to_string(other));
    // Its own server being full or suspect is no reason to leave it.
    for (const auto kind : {&full, &suspect}) {
      std::vector<Candidate> servers{up(1), up(2), up(3)};
      servers[ideal - 1U] = kind(ideal);
      EXPECT_EQ(show(choose(facts(i), at(ideal), servers, hash)), "affinity " + std::to_string(ideal));
    }
  }
}

TEST(Choose, PlannedFollowsThePlanAndElseTheHash) {
  const Policy planned{Assign::Planned, Failback::WhenIdle, id(2)};
  const Policy hash{Assign::Hash, Failback::WhenIdle, {}};
  for (std::uint32_t i = 0; i < 30; ++i) {
    EXPECT_EQ(show(choose(facts(i), {}, std::vector{up(1), up(2, 50), up(3)}, planned)), "assigned 2");
    EXPECT_EQ(show(choose(facts(i), at(1), std::vector{up(1), up(2, 50), up(3)}, planned)), "failback 2");
    const std::vector without{up(1), full(2), up(3)};
    EXPECT_EQ(show(choose(facts(i), {}, without, planned)), show(choose(facts(i), {}, without, hash)));
    auto unlisted = planned;
    unlisted.planned.reset();
    const std::vector all{up(1), up(2), up(3)};
    EXPECT_EQ(show(choose(facts(i), {}, all, unlisted)), show(choose(facts(i), {}, all, hash)));
  }
}

}  // namespace
}  // namespace winrmlb::balance
