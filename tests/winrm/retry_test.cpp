// The table of what may be sent again, row by row.
#include "winrmlb/winrm/retry.h"

#include <gtest/gtest.h>

namespace winrmlb::winrm {
namespace {

EnvelopeFacts facts_of(Action action) {
  EnvelopeFacts facts;
  facts.action = action;
  facts.resource = Resource::Cmd;
  facts.seen_whole_header = true;
  return facts;
}
EnvelopeFacts of_shell(Action action) {
  auto facts = facts_of(action);
  facts.shell = Uuid::of("7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001");
  return facts;
}

struct Case {
  Action action;
  bool goes_elsewhere;     // before any byte was sent
  Reach sent_again;        // without an answer
  bool hunted;             // with a shell that its server does not know
  bool leaves_a_full_one;  // at a quota of shells
};

class Retry : public testing::TestWithParam<Case> {};

TEST_P(Retry, RowSaysWhatTheActionAllows) {
  const auto& wanted = GetParam();
  const auto facts = facts_of(wanted.action);
  EXPECT_EQ(retry_row(wanted.action).action, wanted.action);
  EXPECT_EQ(may_go_elsewhere(facts, BoundTo::Nothing), wanted.goes_elsewhere);
  EXPECT_EQ(may_be_sent_again(facts, BoundTo::Nothing), wanted.sent_again);
  EXPECT_EQ(may_be_hunted(of_shell(wanted.action), BoundTo::Nothing), wanted.hunted);
  EXPECT_EQ(may_leave_full_one(facts, BoundTo::Nothing), wanted.leaves_a_full_one);
}

TEST_P(Retry, NamingAShellTiesItToTheOwner) {
  const auto& wanted = GetParam();
  const auto facts = of_shell(wanted.action);
  const bool creates = wanted.action == Action::Create;  // there it is the client's choice of a name
  EXPECT_EQ(needs_owner(facts), !creates);
  EXPECT_EQ(may_go_elsewhere(facts, BoundTo::Nothing), creates);
  EXPECT_NE(may_be_sent_again(facts, BoundTo::Nothing), Reach::Any);
}

TEST_P(Retry, ABoundLoginKeepsEverythingWhereItIs) {
  for (const auto& facts : {facts_of(GetParam().action), of_shell(GetParam().action)}) {
    EXPECT_FALSE(may_go_elsewhere(facts, BoundTo::Connection));
    EXPECT_EQ(may_be_sent_again(facts, BoundTo::Connection), Reach::Nowhere);
    EXPECT_FALSE(may_be_hunted(facts, BoundTo::Connection));
    EXPECT_FALSE(may_leave_full_one(facts, BoundTo::Connection));
  }
}

constexpr Case kCases[] = {
    {Action::None, true, Reach::Nowhere, false, false},
    {Action::Identify, true, Reach::Any, false, false},
    {Action::Get, true, Reach::Any, true, false},
    {Action::Put, true, Reach::Nowhere, false, false},
    {Action::Create, true, Reach::Nowhere, false, true},
    {Action::Delete, false, Reach::Nowhere, true, false},
    {Action::Command, false, Reach::Nowhere, true, false},
    {Action::Send, false, Reach::Nowhere, true, false},
    {Action::Receive, false, Reach::Nowhere, true, false},
    {Action::Signal, false, Reach::Nowhere, true, false},
    {Action::Disconnect, false, Reach::Nowhere, true, false},
    {Action::Reconnect, false, Reach::Nowhere, true, false},
    {Action::Connect, false, Reach::Nowhere, true, false},
    {Action::Enumerate, true, Reach::Any, false, false},
    {Action::Pull, false, Reach::Nowhere, false, false},
    {Action::Release, false, Reach::Nowhere, false, false},
    {Action::Subscribe, false, Reach::Nowhere, false, false},
    {Action::Events, false, Reach::Nowhere, false, false},
    {Action::FullDuplex, false, Reach::Nowhere, false, false},
    {Action::Fault, false, Reach::Nowhere, false, false},
    {Action::Other, true, Reach::Nowhere, false, false},
};
static_assert(std::size(kCases) == kActions);

INSTANTIATE_TEST_SUITE_P(Actions, Retry, testing::ValuesIn(kCases),
                         [](const auto& one) { return "Row" + std::to_string(one.index); });

TEST(RetryRules, OnlyWhatChangesNothingIsEverSentTwice) {
  for (const auto& row : kRetryRows) {
    const bool changes_nothing =
        row.action == Action::Identify || row.action == Action::Get || row.action == Action::Enumerate;
    EXPECT_EQ(row.unanswered != Reach::Nowhere, changes_nothing) << static_cast<int>(row.action);
  }
}

TEST(RetryRules, AGetOfAShellIsRepeatedAtItsOwner) {
  EXPECT_EQ(may_be_sent_again(of_shell(Action::Get), BoundTo::Nothing), Reach::Owner);
}

TEST(RetryRules, AHeaderThatWasNotSeenToItsEndIsNotRepeated) {
  auto facts = facts_of(Action::Get);
  facts.seen_whole_header = false;
  EXPECT_EQ(may_be_sent_again(facts, BoundTo::Nothing), Reach::Nowhere);
}

TEST(RetryRules, OnlyShellsAreHunted) {
  EXPECT_FALSE(may_be_hunted(facts_of(Action::Command), BoundTo::Nothing)) << "it names none";
  auto facts = of_shell(Action::Command);
  facts.resource = Resource::Shell;
  EXPECT_TRUE(may_be_hunted(facts, BoundTo::Nothing));
  for (const auto other : {Resource::None, Resource::Other}) {
    facts.resource = other;
    EXPECT_FALSE(may_be_hunted(facts, BoundTo::Nothing));
  }
}

TEST(RetryRules, AContextBelongsToWhoOpenedIt) {
  auto facts = facts_of(Action::Enumerate);
  facts.enumeration_context = Uuid::of("11111111-2222-4333-8444-555555555555");
  EXPECT_FALSE(may_go_elsewhere(facts, BoundTo::Nothing));
}

}  // namespace
}  // namespace winrmlb::winrm
