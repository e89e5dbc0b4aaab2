#include "winrmlb/sim/shells.h"

#include <gtest/gtest.h>

#include "winrmlb/sim/psrp.h"
#include "winrmlb/sim/trouble.h"

namespace winrmlb::sim {
namespace {

Shell shell_of(const std::string& id, const std::string& owner, TimePoint now = {}) {
  Shell shell;
  shell.id = id;
  shell.owner = owner;
  shell.idle_limit = seconds(10);
  shell.created = shell.last_use = now;
  return shell;
}

TEST(Shells, QuotasHoldAtTheLimitAndNotBefore) {
  Quotas quotas;
  quotas.shells_per_user = 2;
  quotas.shell_users = 2;
  ShellTable table(quotas);
  table.add(shell_of("1", "a"));
  EXPECT_FALSE(table.may_create("A", "2"));
  table.add(shell_of("2", "A"));
  EXPECT_EQ(table.may_create("a", "3"), Fault::QuotaShells);
  EXPECT_FALSE(table.may_create("b", "3"));
  table.add(shell_of("3", "b"));
  EXPECT_EQ(table.may_create("c", "4"), Fault::QuotaShellUsers);
  EXPECT_EQ(table.may_create("b", "1"), Fault::ShellExists);
  table.erase("1", Fault::Aborted);
  EXPECT_FALSE(table.may_create("a", "1"));
}

TEST(Shells, IdleOnesEndButNotWhileARequestWaits) {
  Quotas quotas;
  ShellTable table(quotas);
  const TimePoint start{};
  table.add(shell_of("1", "a", start));
  table.add(shell_of("2", "a", start)).requests_pending = 1;
  EXPECT_EQ(table.expire(start + milliseconds(9'999)), 0U);
  EXPECT_EQ(table.expire(start + seconds(10)), 1U);
  EXPECT_EQ(table.find("1"), nullptr);
  EXPECT_NE(table.find("2"), nullptr);
}

TEST(Shells, TextShellsNeverGiveOperationsBack) {
  Quotas quotas;
  ShellTable table(quotas);
  Shell& cmd = table.add(shell_of("1", "a"));
  cmd.commands_started = 5;
  Shell& psrp = table.add(shell_of("2", "a"));
  psrp.psrp = true;
  psrp.commands_started = 7;
  psrp.commands["x"];
  EXPECT_EQ(table.operations_of("A"), 6U);
}

TEST(Outlets, GiveOutputInOrderAndSplitWhatIsTooLong) {
  Outlet outlet;
  outlet.put(Stream::Out, "abcdef");
  outlet.put(Stream::Err, "xy");
  auto first = outlet.take(4);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].bytes, "abcd");
  EXPECT_EQ(outlet.queued_bytes, 4U);
  auto rest = outlet.take(1000);
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[0].bytes, "ef");
  EXPECT_EQ(rest[1].stream, Stream::Err);
  EXPECT_TRUE(outlet.empty());
}

TEST(Outlets, WakeTheWaitingReceiveOnceForOutputEndAndClose) {
  for (int way = 0; way < 3; ++way) {
    Outlet outlet;
    int woken = 0;
    outlet.wake_receiver = [&] { ++woken; };
    if (way == 0) outlet.put(Stream::Out, "x");
    if (way == 1) outlet.finish(3);
    if (way == 2) outlet.close(Fault::Aborted);
    outlet.put(Stream::Out, "y");
    EXPECT_EQ(woken, 1) << way;
  }
}

TEST(Outlets, AClosedOneLosesItsOutputAndTakesNoMore) {
  Outlet outlet;
  outlet.put(Stream::Out, "x");
  outlet.close(Fault::ShellNotFound);
  outlet.put(Stream::Out, "y");
  EXPECT_TRUE(outlet.empty());
  EXPECT_EQ(outlet.closed, Fault::ShellNotFound);
}

TEST(Troubles, StrikeOnlyWhatTheyAreFor) {
  Trouble trouble;
  trouble.mode = TroubleMode::Reset;
  trouble.operation = "Command";
  trouble.port = "http";
  trouble.count = 1;
  EXPECT_EQ(trouble.strike("", "http"), TroubleMode::None);
  EXPECT_EQ(trouble.strike("Receive", "http"), TroubleMode::None);
  EXPECT_EQ(trouble.strike("Command", "https"), TroubleMode::None);
  EXPECT_EQ(trouble.strike("Command", "http"), TroubleMode::Reset);
  EXPECT_EQ(trouble.strike("Command", "http"), TroubleMode::None);
}

TEST(Troubles, HangAndUnavailableActBeforeTheLoginUnlessAnOperationIsNamed) {
  for (const auto mode : {TroubleMode::Hang, TroubleMode::Unavailable, TroubleMode::Close}) {
    Trouble trouble;
    trouble.mode = mode;
    EXPECT_EQ(trouble.strike("", "http"), mode);
    trouble.operation = "Receive";
    EXPECT_EQ(trouble.strike("", "http"), TroubleMode::None);
    EXPECT_EQ(trouble.strike("Receive", "http"), mode);
  }
  Trouble quota;
  quota.mode = TroubleMode::Quota;
  EXPECT_EQ(quota.strike("Command", "http"), TroubleMode::None);
  EXPECT_EQ(quota.strike("Create", "http"), TroubleMode::Quota);
}

TEST(Psrp, WhatIsWrittenIsReadAgain) {
  const std::string pool = "0123456789abcdef";
  const std::string pipeline = "fedcba9876543210";
  const auto opening = psrp::read_opening(psrp::pipeline_result(pool, pipeline, "a<b"));
  ASSERT_TRUE(opening);
  EXPECT_EQ(opening->pool_id, pool);
  EXPECT_EQ(opening->pipeline_id, pipeline);
  EXPECT_EQ(opening->type, 0x00041004U);
  EXPECT_EQ(opening->data, "\xef\xbb\xbf<S>a&lt;b</S>");
}

TEST(Psrp, CutAnywhereNothingIsReadBeyondTheEnd) {
  const auto whole = psrp::pool_opened("0123456789abcdef");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const auto opening = psrp::read_opening(std::string_view(whole).substr(0, length));
    EXPECT_EQ(opening.has_value(), length >= 61) << length;
  }
}

TEST(Psrp, TheScriptIsFoundInThePipeline) {
  EXPECT_EQ(psrp::script_of("<Obj RefId=\"0\"><MS><Obj N=\"PowerShell\"><MS><Obj N=\"Cmds\"><LST><Obj><MS>"
                            "<S N=\"Cmd\">Write-Output 'x'</S></MS></Obj></LST></Obj></MS></Obj></MS></Obj>"),
            "Write-Output 'x'");
  EXPECT_EQ(psrp::script_of("nothing"), "");
}

}  // namespace
}  // namespace winrmlb::sim
