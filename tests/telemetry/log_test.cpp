#include "winrmlb/telemetry/log.h"

#include <filesystem>
#include <limits>
#include <sstream>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telemetry/telemetry_support.h"

namespace winrmlb::telemetry {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// 2026-11-24 08:00:00.123 UTC
const WallTime kTime{milliseconds(1795507200123)};

TEST(LogLine, JsonHasTimeLevelMessageAndTheFieldsInOrder) {
  EXPECT_EQ(
      format_line(LogFormat::Json, kTime, Level::Info, "serving",
                  {{"version", "1.0"}, {"workers", std::int64_t{-2}}, {"load", 0.5}, {"ready", true}}),
      R"({"time":"2026-11-24T08:00:00.123Z","level":"info","message":"serving","version":"1.0","workers":-2,)"
      R"("load":0.5,"ready":true})"
      "\n");
}

TEST(LogLine, JsonStaysOneLineWhateverTheTextsAre) {
  const auto line =
      format_line(LogFormat::Json, kTime, Level::Warn, "two\nlines \"quoted\"", {{"why", "a\\b\r\n\xff"}});
  EXPECT_EQ(line,
            R"({"time":"2026-11-24T08:00:00.123Z","level":"warn","message":"two\u000alines \"quoted\"",)"
            R"("why":"a\\b\u000d\u000a)"
            "\xef\xbf\xbd\"}\n");
}

TEST(LogLine, JsonHasNoWordForInfinity) {
  const auto line = format_line(LogFormat::Json, kTime, Level::Info, "x",
                                {{"a", std::numeric_limits<double>::infinity()}, {"b", std::nan("")}});
  EXPECT_THAT(line, EndsWith("\"a\":null,\"b\":null}\n"));
}

TEST(LogLine, TextIsForPeople) {
  EXPECT_EQ(format_line(LogFormat::Text, kTime, Level::Info, "serving", {{"workers", std::int64_t{2}}}),
            "2026-11-24 08:00:00.123 info   serving workers=2\n");
  EXPECT_EQ(format_line(LogFormat::Text, kTime, Level::Error, "x", {}), "2026-11-24 08:00:00.123 error  x\n");
}

TEST(LogLine, TextQuotesWhatIsNotOneWord) {
  const auto line =
      format_line(LogFormat::Text, kTime, Level::Info, "x",
                  {{"a", "two words"}, {"b", ""}, {"c", "p=q"}, {"d", "10.0.0.1:5985"}, {"e", "\n"}});
  EXPECT_THAT(line, EndsWith(R"( x a="two words" b="" c="p=q" d=10.0.0.1:5985 e="\u000a")"
                             "\n"));
}

TEST(LogLine, FurtherLinesOfATextMessageAreSetInAndHaveNoControls) {
  const auto line = format_line(LogFormat::Text, kTime, Level::Warn, "a\n  b\x1b[1m\r\n", {{"k", true}});
  EXPECT_THAT(line, EndsWith(" warn   a\n      b?[1m? k=true\n"));
}

TEST(LogLine, TimeBefore1970IsRoundedDown) {
  EXPECT_THAT(format_line(LogFormat::Json, WallTime{milliseconds(-1)}, Level::Info, "x", {}),
              StartsWith("{\"time\":\"1969-12-31T23:59:59.999Z\""));
}

TEST(Log, WritesWhatIsAtItsLevelOrAbove) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  Log log({.level = Level::Warn, .format = LogFormat::Text, .file = file});
  log.write(Level::Info, "quiet");
  log.write(Level::Warn, "loud", {{"server", "ps1"}});
  log.set_level(Level::Debug);
  log.write(Level::Debug, "now heard");
  log.write(Level::Trace, "not this");
  log.flush();
  const auto text = contents_of(file);
  EXPECT_EQ(count_lines(text), 2U);
  EXPECT_THAT(text, HasSubstr(" warn   loud server=ps1\n"));
  EXPECT_THAT(text, EndsWith(" debug  now heard\n"));
  EXPECT_TRUE(log.writes(Level::Debug));
  EXPECT_FALSE(log.writes(Level::Trace));
}

TEST(Log, LinesThatSayTheSameAgainAreCountedInstead) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  {
    Log log({.format = LogFormat::Text, .file = file, .repeats = seconds(3600)});
    for (int i = 0; i < 100; ++i)
      log.write(Level::Warn, "again", {{"server", "ps1"}});
    log.write(Level::Warn, "again", {{"server", "ps2"}});
    log.write(Level::Info, "again", {{"server", "ps1"}});
    log.flush();
    EXPECT_EQ(count_lines(contents_of(file)), 3U);
  }
  const auto text = contents_of(file);
  EXPECT_EQ(count_lines(text), 4U) << text;
  EXPECT_THAT(text, EndsWith(" warn   again server=ps1 repeated=99\n"));
}

TEST(Log, KnowsLevelsByName) {
  EXPECT_EQ(level_of("debug"), Level::Debug);
  EXPECT_EQ(level_of("loud"), std::nullopt);
  Log log({.level = Level::Warn});
  log.set_level(*level_of("trace"));
  EXPECT_EQ(log.level(), Level::Trace);
}

TEST(Log, StandardOutputIsTheDefault) {
  testing::internal::CaptureStdout();
  {
    Log log({.format = LogFormat::Text});
    log.write(Level::Info, "to people");
    EXPECT_TRUE(log.reopen());
  }
  EXPECT_THAT(testing::internal::GetCapturedStdout(), EndsWith(" info   to people\n"));
}

TEST(Log, WhatWasWrittenIsThereWhenItEnds) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  {
    Log log({.file = file});
    for (int i = 0; i < 500; ++i)
      log.write(Level::Info, "x");
  }
  EXPECT_EQ(count_lines(contents_of(file)), 500U);
}

TEST(Log, AddsToAFileThatIsThere) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  { Log(LogOptions{.file = file}).write(Level::Info, "first"); }
  { Log(LogOptions{.file = file}).write(Level::Info, "second"); }
  EXPECT_EQ(count_lines(contents_of(file)), 2U);
}

TEST(Log, AFileThatCannotBeOpenedIsNamed) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("missing/log");
  try {
    Log log({.file = file});
    FAIL() << "opened";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(file));
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
  }
}

TEST(Log, LinesOfManyThreadsArriveWhole) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kLines = 500;
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  Log log({.format = LogFormat::Text, .file = file, .queue_lines = kThreads * kLines});
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&log, text = std::string(100 + i, 'x')] {
        for (std::size_t n = 0; n < kLines; ++n)
          log.write(Level::Info, text);
      });
    }
  }
  log.flush();
  EXPECT_EQ(log.dropped(), 0U);
  std::istringstream lines(contents_of(file));
  std::array<std::size_t, kThreads> seen{};
  for (std::string line; std::getline(lines, line);) {
    const auto text = line.substr(line.rfind(' ') + 1);
    ASSERT_GE(text.size(), 100U);
    ASSERT_LT(text.size(), 100 + kThreads);
    ++seen[text.size() - 100];
  }
  EXPECT_THAT(seen, testing::Each(kLines));
}

TEST(Log, AStuckFileHoldsNobodyUpAndTheLossIsCounted) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  StuckFile stuck(file);
  Log log({.format = LogFormat::Text, .file = file, .queue_lines = 4});
  const std::string text(8 * 1024, 'x');  // more than the pipe holds
  for (int i = 0; i < 10; ++i)
    log.write(Level::Info, text);
  EXPECT_EQ(log.dropped(), 6U);
  const auto line = format_line(LogFormat::Text, kTime, Level::Info, text, {});
  EXPECT_EQ(count_lines(stuck.read(4 * line.size())), 4U);
  log.flush();
  log.write(Level::Info, "goes on");
  const auto next = format_line(LogFormat::Text, kTime, Level::Info, "goes on", {});
  EXPECT_THAT(stuck.read(next.size()), EndsWith(" goes on\n"));
  EXPECT_EQ(log.dropped(), 6U);
}

TEST(Log, AFullDiskLosesLinesAndCountsThem) {
  Log log({.file = "/dev/full"});
  log.write(Level::Info, "x");
  log.write(Level::Info, "y");
  log.flush();
  EXPECT_EQ(log.dropped(), 2U);
}

TEST(Log, AFileMovedAwayIsLetGoAndANewOneBegun) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("log");
  const auto moved = scratch.path("log.1");
  Log log({.format = LogFormat::Text, .file = file});
  log.write(Level::Info, "before");
  log.flush();
  std::filesystem::rename(file, moved);
  log.write(Level::Info, "between");
  log.flush();
  ASSERT_TRUE(log.reopen());
  log.flush();
  // Nothing was written since, and yet the old file is closed.
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code ignored;
    EXPECT_NE(std::filesystem::read_symlink(entry.path(), ignored), moved);
  }
  log.write(Level::Info, "after");
  log.flush();
  EXPECT_EQ(count_lines(contents_of(moved)), 2U);
  EXPECT_THAT(contents_of(file), EndsWith(" info   after\n"));
  EXPECT_EQ(count_lines(contents_of(file)), 1U);
}

TEST(Log, GoesOnInTheOldFileIfTheNewOneCannotBeOpened) {
  const ScratchDirectory scratch;
  std::filesystem::create_directory(scratch.path("d"));
  Log log({.format = LogFormat::Text, .file = scratch.path("d/log")});
  std::filesystem::rename(scratch.path("d"), scratch.path("e"));
  EXPECT_FALSE(log.reopen());
  log.write(Level::Info, "still here");
  log.flush();
  const auto text = contents_of(scratch.path("e/log"));
  EXPECT_THAT(text, HasSubstr(" error  "));
  EXPECT_THAT(text, EndsWith(" info   still here\n"));
}

TEST(RateLimited, OnePerIntervalPassesAndTellsOfTheOthers) {
  const TimePoint start{seconds(1000)};
  RateLimited limited(seconds(10));
  EXPECT_EQ(limited.pass(start), 0U);
  EXPECT_EQ(limited.pass(start), std::nullopt);
  EXPECT_EQ(limited.pass(start + milliseconds(9999)), std::nullopt);
  EXPECT_EQ(limited.pass(start + seconds(10)), 2U);
  EXPECT_EQ(limited.pass(start + seconds(19)), std::nullopt);
  EXPECT_EQ(limited.pass(start + seconds(60)), 1U);
  EXPECT_EQ(limited.pass(start + seconds(120)), 0U);
}

}  // namespace
}  // namespace winrmlb::telemetry
