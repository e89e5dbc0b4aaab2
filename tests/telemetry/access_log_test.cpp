#include "winrmlb/telemetry/access_log.h"

#include <filesystem>
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
using testing::Not;

AccessRecord record() {
  AccessRecord made;
  made.facts.time = WallTime{milliseconds(1795507200123)};
  made.facts.session = SessionId(0x0003000000000012);
  made.exchange = 7;
  made.facts.listener = "0.0.0.0:5985";
  made.facts.pool = "teams";
  made.facts.client = "10.1.2.3:50123";
  made.facts.server = "ps1";
  made.reason = "affinity";
  made.facts.user = "VOSS\\automate";
  made.facts.scheme = "negotiate";
  made.method = "POST";
  made.path = "/wsman";
  made.status = 200;
  made.facts.request_bytes = 1561;
  made.facts.response_bytes = 2044;
  made.phases = {.read_us = 1,
                 .choose_us = 2,
                 .connect_us = 3,
                 .tls_us = 4,
                 .send_us = 5,
                 .wait_us = 6000000000,
                 .reply_us = 7,
                 .total_us = 6000000022};
  made.facts.sealed = true;
  made.facts.bound = true;
  return made;
}

// The line for a record, by way of a file.
template <typename Record>
std::string line_for(const Record& made) {
  const ScratchDirectory scratch;
  AccessSink sink({.file = scratch.path("access")});
  AccessLog log(sink);
  log.write(made);
  log.flush();
  sink.flush();
  return contents_of(scratch.path("access"));
}

TEST(AccessLine, SaysAllOfAnExchange) {
  EXPECT_EQ(
      line_for(record()),
      R"({"time":"2026-11-24T08:00:00.123Z","message":"exchange","session":"3000000000012","exchange":7,)"
      R"("listener":"0.0.0.0:5985","pool":"teams","client":"10.1.2.3:50123","server":"ps1",)"
      R"("user":"VOSS\\automate","scheme":"negotiate","reason":"affinity","method":"POST","path":"/wsman",)"
      R"("status":200,"own_reply":false,)"
      R"("read_us":1,"choose_us":2,"connect_us":3,"tls_us":4,"send_us":5,"wait_us":6000000000,"reply_us":7,)"
      R"("total_us":6000000022,"request_bytes":1561,"response_bytes":2044,"sealed":true,"bound":true})"
      "\n");
}

TEST(AccessLine, SaysWhatWentWrongAndWhoseFaultItWas) {
  auto made = record();
  made.status = 503;
  made.own_reply = true;
  made.error = "connect_refused";
  made.error_side = "server";
  EXPECT_THAT(line_for(made),
              HasSubstr(R"("status":503,"own_reply":true,"error":"connect_refused","error_side":"server",)"));
}

TEST(AccessLine, WhatIsNotKnownIsLeftOut) {
  const auto line = line_for(AccessRecord{});
  for (const auto* key : {"listener", "server", "user", "path", "status", "error"}) {
    EXPECT_THAT(line, Not(HasSubstr("\"" + std::string(key) + "\""))) << key;
  }
  EXPECT_THAT(line, EndsWith("\"sealed\":false,\"bound\":false}\n"));
}

TEST(AccessLine, TextFromOutsideIsEscaped) {
  auto made = record();
  made.path = "/wsman\"}\n{\"x\\\xff";
  EXPECT_THAT(line_for(made), HasSubstr(R"("path":"/wsman\"}\u000a{\"x\\)"
                                        "\xef\xbf\xbd\","));
}

TEST(AccessLine, LongTextsAreCutAt256Bytes) {
  auto made = record();
  const std::string whole(256, 'p');
  made.path = whole;
  EXPECT_THAT(line_for(made), HasSubstr("\"path\":\"" + whole + "\","));
  const std::string longer = whole + "q";
  made.path = longer;
  EXPECT_THAT(line_for(made), HasSubstr("\"path\":\"" + whole + "\","));
  const std::string across = std::string(255, 'p') + "\xc3\xa9";
  made.facts.user = across;
  EXPECT_THAT(line_for(made), HasSubstr("\"user\":\"" + std::string(255, 'p') + "\","));
  const std::string nonsense(300, '\x80');
  made.facts.user = nonsense;
  EXPECT_THAT(line_for(made), HasSubstr("\"user\":\"\xef\xbf\xbd"));
}

TEST(AccessLine, TheDateFollowsTheClock) {
  const ScratchDirectory scratch;
  AccessSink sink({.file = scratch.path("access")});
  AccessLog log(sink);
  auto made = record();
  for (const int offset : {0, 876, 877, 3600'000, -1000}) {
    made.facts.time = record().facts.time + milliseconds(offset);
    log.write(made);
  }
  log.flush();
  sink.flush();
  std::istringstream lines(contents_of(scratch.path("access")));
  std::vector<std::string> times;
  for (std::string line; std::getline(lines, line);)
    times.push_back(line.substr(9, 24));
  EXPECT_THAT(times, testing::ElementsAre("2026-11-24T08:00:00.123Z", "2026-11-24T08:00:00.999Z",
                                          "2026-11-24T08:00:01.000Z", "2026-11-24T09:00:00.123Z",
                                          "2026-11-24T07:59:59.123Z"));
}

TEST(AccessLog, WhatAMessageSaysIsThereOnlyIfItCouldBeRead) {
  AccessRecord made = record();
  EXPECT_THAT(line_for(made), EndsWith(",\"bound\":true}\n"));
  made.action = "receive";
  made.shell = "7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001";
  made.operation_timeout_ms = 20000;
  made.fault = 2150858793;
  made.sent_again = 2;
  EXPECT_THAT(line_for(made),
              EndsWith(",\"action\":\"receive\",\"shell\":\"7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001\","
                       "\"operation_timeout_ms\":20000,\"fault\":2150858793,\"sent_again\":2}\n"));
}

TEST(AccessLog, ASessionHasALineOfItsOwn) {
  SessionRecord made;
  made.facts.time = WallTime{milliseconds(1795507200123)};
  made.facts.session = SessionId(0x12);
  made.facts.listener = "0.0.0.0:5985";
  made.facts.pool = "teams";
  made.facts.client = "10.1.2.3:50123";
  made.facts.server = "ps1";
  made.facts.user = "svc";
  made.facts.scheme = "basic";
  made.exchanges = 9;
  made.shells = 1;
  made.commands = 2;
  made.facts.request_bytes = 3;
  made.facts.response_bytes = 4;
  made.longest_us = 5;
  made.total_us = 6;
  made.end = "closed";
  made.ended_by = "client";
  EXPECT_EQ(line_for(made),
            "{\"time\":\"2026-11-24T08:00:00.123Z\",\"message\":\"session\",\"session\":\"12\",\"listener\":"
            "\"0.0.0.0:5985\","
            "\"pool\":\"teams\",\"client\":\"10.1.2.3:50123\",\"server\":\"ps1\",\"user\":\"svc\",\"scheme\":"
            "\"basic\","
            "\"exchanges\":9,\"shells\":1,\"commands\":2,\"longest_us\":5,\"total_us\":6,"
            "\"end\":\"closed\",\"ended_by\":\"client\",\"request_bytes\":3,\"response_bytes\":4,"
            "\"sealed\":false,\"bound\":false}\n");
}

TEST(AccessLog, HandsOverWhenTheBufferIsFull) {
  const ScratchDirectory scratch;
  AccessSink sink({.file = scratch.path("access")});
  AccessLog log(sink);
  const auto line_bytes = line_for(record()).size();
  const auto lines = (AccessLog::kHandOverBytes + line_bytes - 1) / line_bytes;
  for (std::size_t i = 1; i < lines; ++i)
    log.write(record());
  sink.flush();
  EXPECT_EQ(contents_of(scratch.path("access")), "");
  log.write(record());
  sink.flush();
  EXPECT_EQ(count_lines(contents_of(scratch.path("access"))), lines);
}

TEST(AccessLog, HandsOverWhatIsOld) {
  const ScratchDirectory scratch;
  AccessSink sink({.file = scratch.path("access")});
  AccessLog log(sink);
  const TimePoint start{seconds(1000)};
  const auto lines_at = [&](TimePoint now) {
    log.flush_if_older(now);
    sink.flush();
    return count_lines(contents_of(scratch.path("access")));
  };
  log.flush_if_older(start);
  log.write(record());
  EXPECT_EQ(lines_at(start + milliseconds(99)), 0U);
  EXPECT_EQ(lines_at(start + milliseconds(100)), 1U);
  log.write(record());
  EXPECT_EQ(lines_at(start + milliseconds(199)), 1U);
  EXPECT_EQ(lines_at(start + milliseconds(200)), 2U);
  EXPECT_EQ(lines_at(start + milliseconds(300)), 2U);
}

TEST(AccessLog, ALineAllocatesNothing) {
  const ScratchDirectory scratch;
  AccessSink sink({.file = scratch.path("access")});
  AccessLog log(sink);
  auto made = record();
  made.path = "/wsman?\"";
  const std::string longest(256, '"');  // twice as long once it is escaped
  made.facts.user = longest;
  log.write(made);
  const auto before = allocations_of_this_thread();
  for (int i = 0; i < 10; ++i)
    log.write(made);
  EXPECT_EQ(allocations_of_this_thread() - before, 0U);
  EXPECT_EQ(sink.dropped(), 0U);
  sink.flush();
  EXPECT_EQ(contents_of(scratch.path("access")), "");  // nothing was handed over meanwhile
}

TEST(AccessLog, SwitchedOffItDoesNothing) {
  AccessSink sink({.enabled = false, .file = "/nowhere/access"});
  AccessLog log(sink);
  EXPECT_FALSE(log.enabled());
  log.write(record());
  log.flush_if_older(TimePoint{seconds(1000)});
  log.flush();
  sink.flush();
  EXPECT_TRUE(sink.reopen());
  EXPECT_EQ(sink.dropped(), 0U);
}

TEST(AccessSink, LinesOfManyWorkersArriveWhole) {
  constexpr std::size_t kWorkers = 4;
  constexpr std::size_t kLines = 2000;
  const ScratchDirectory scratch;
  AccessSink sink({.file = scratch.path("access"), .queue_buffers = 4096});
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < kWorkers; ++i) {
      workers.emplace_back([&sink] {
        AccessLog log(sink);
        for (std::size_t n = 0; n < kLines; ++n)
          log.write(record());
        log.flush();
      });
    }
  }
  sink.flush();
  const auto wanted = line_for(record());
  std::istringstream lines(contents_of(scratch.path("access")));
  std::size_t seen = 0;
  for (std::string line; std::getline(lines, line); ++seen)
    ASSERT_EQ(line + "\n", wanted);
  EXPECT_EQ(seen, kWorkers * kLines);
  EXPECT_EQ(sink.dropped(), 0U);
}

TEST(AccessSink, AStuckFileHoldsNobodyUpAndTheLossIsCountedInLines) {
  const ScratchDirectory scratch;
  StuckFile stuck(scratch.path("access"));
  AccessSink sink({.file = scratch.path("access"), .queue_buffers = 2});
  const std::string lines = std::string(4999, 'x') + "\n" + std::string(4999, 'y') + "\n";
  for (int i = 0; i < 5; ++i)
    sink.write(lines, 2);
  EXPECT_EQ(sink.dropped(), 6U);
  EXPECT_EQ(stuck.read(2 * lines.size()), lines + lines);
  sink.flush();
}

TEST(AccessSink, AFullDiskLosesLinesAndCountsThem) {
  AccessSink sink({.file = "/dev/full"});
  sink.write("a\nb\nc\n", 3);
  sink.flush();
  EXPECT_EQ(sink.dropped(), 3U);
}

TEST(AccessSink, ALineThatTheDiskCutDoesNotSwallowTheNext) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("access");
  AccessSink sink({.file = file});
  {
    const FileSizeLimit limit(10);
    sink.write("whole\ncut short\nnever begun\n", 3);
    sink.flush();
  }
  EXPECT_EQ(sink.dropped(), 2U);
  EXPECT_EQ(contents_of(file), "whole\ncut ");
  sink.write("after\n", 1);
  sink.flush();
  EXPECT_EQ(contents_of(file), "whole\ncut \nafter\n");
  EXPECT_EQ(sink.dropped(), 2U);
}

TEST(AccessSink, AFileMovedAwayIsFollowedByANewOne) {
  const ScratchDirectory scratch;
  const auto file = scratch.path("access");
  AccessSink sink({.file = file});
  sink.write("before\n", 1);
  sink.flush();
  std::filesystem::rename(file, file + ".1");
  ASSERT_TRUE(sink.reopen());
  sink.write("after\n", 1);
  sink.flush();
  EXPECT_EQ(contents_of(file + ".1"), "before\n");
  EXPECT_EQ(contents_of(file), "after\n");
}

TEST(AccessSink, AFileThatCannotBeOpenedIsNamed) {
  const ScratchDirectory scratch;
  EXPECT_THROW(AccessSink({.file = scratch.path("missing/access")}), std::system_error);
}

}  // namespace
}  // namespace winrmlb::telemetry
