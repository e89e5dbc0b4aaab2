#include "winrmlb/admin/metrics.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "admin/admin_support.h"
#include "support/scratch.h"

namespace winrmlb::admin {
namespace {

using balance::Fitness;

// A histogram's samples stand under names of their own.
std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const auto family = types.find(name.substr(0, name.size() - suffix.size()));
    if (family != types.end() && family->second == "histogram") return family->first;
  }
  return name;
}

// The text format's grammar, as far as it can be said line by line.
void expect_well_formed(const std::string& text) {
  static const std::regex comment(R"(# (HELP [a-z_]+ .+\.|TYPE [a-z_]+ (counter|gauge|histogram)))");
  static const std::regex sample(
      R"re(([a-z_]+)(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? (-?[0-9.]+(e[+-]?[0-9]+)?|\+Inf|NaN))re");
  std::map<std::string, std::string> types;
  std::set<std::string> series;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      EXPECT_TRUE(std::regex_match(line, comment)) << line;
      std::istringstream words(line);
      std::string hash, kind, name, type;
      words >> hash >> kind >> name >> type;
      if (kind == "TYPE") {
        EXPECT_TRUE(types.emplace(name, type).second) << name << " is declared twice";
      }
      continue;
    }
    std::smatch found;
    ASSERT_TRUE(std::regex_match(line, found, sample)) << line;
    const std::string name = found[1];
    EXPECT_TRUE(name.starts_with("winrm_lb_") || name.starts_with("process_")) << line;
    const auto family = family_of(name, types);
    ASSERT_TRUE(types.contains(family)) << line;
    EXPECT_EQ(types[family] == "counter", name.ends_with("_total")) << line;
    EXPECT_TRUE(series.insert(name + std::string(found[2])).second) << "twice: " << line;
  }
  EXPECT_GT(series.size(), 30U);
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, CountLogLinesThatWereLost) {
  const Farm farm;
  auto view = farm.view();
  view.log_lines_dropped = 3;
  view.access_lines_dropped = 5;
  const auto text = metrics(view);
  EXPECT_TRUE(has_line(text, "winrm_lb_log_lines_dropped_total{log=\"events\"} 3")) << text;
  EXPECT_TRUE(has_line(text, "winrm_lb_log_lines_dropped_total{log=\"access\"} 5")) << text;
}

TEST(Metrics, AreWellFormed) {
  const Farm farm;
  expect_well_formed(metrics(farm.view()));
}

TEST(Metrics, SatisfyPromtoolWhereItIsInstalled) {
  const Farm farm;
  const auto text = metrics(farm.view());
  if (!std::filesystem::exists("/usr/bin/promtool")) return expect_well_formed(text);
  Scratch scratch;
  const auto command = "/usr/bin/promtool check metrics < " + scratch.write("metrics", text) + " 2>&1";
  std::string said;
  FILE* promtool = ::popen(command.c_str(), "r");
  for (int c = std::fgetc(promtool); c != EOF; c = std::fgetc(promtool))
    said += static_cast<char>(c);
  EXPECT_EQ(::pclose(promtool), 0) << said;
}

TEST(Metrics, SumTheWorkers) {
  Farm farm(1, 2, 2);
  auto view = farm.view();
  proxy::Counters other;
  farm.counters().own_replies.add(2);
  other.own_replies.add(3);
  other.errors[static_cast<std::size_t>(ErrorCode::BadRequest)].add(7);
  view.workers.push_back(&other);
  constexpr auto kReceive = static_cast<std::size_t>(winrm::Action::Receive);
  constexpr auto kPollTimeout = static_cast<std::size_t>(proxy::Outcome::PollTimeout);
  for (const std::size_t worker : {0, 1}) {
    farm.traffic(worker).exchanges[kReceive][kPollTimeout].add(worker + 4);
    farm.traffic_of("ps2", worker).exchanges[kPollTimeout].add(worker + 4);
    farm.traffic_of("ps2", worker).request_bytes.add(1000);
  }
  const auto text = metrics(view);
  EXPECT_TRUE(has_line(text, "winrm_lb_own_replies_total 5")) << text;
  EXPECT_TRUE(has_line(text, "winrm_lb_errors_total{reason=\"bad_request\"} 7")) << text;
  EXPECT_TRUE(
      has_line(text, R"(winrm_lb_requests_total{pool="teams",operation="receive",result="poll_timeout"} 9)"));
  EXPECT_TRUE(
      has_line(text, R"(winrm_lb_server_requests_total{pool="teams",server="ps2",result="poll_timeout"} 9)"));
  EXPECT_TRUE(
      has_line(text, R"(winrm_lb_server_requests_total{pool="teams",server="ps1",result="poll_timeout"} 0)"));
  EXPECT_TRUE(has_line(text, R"(winrm_lb_request_bytes_total{pool="teams",server="ps2"} 2000)"));
}

TEST(Metrics, KeepPollsApartFromCalls) {
  Farm farm(1, 2, 2);
  auto& durations = farm.traffic(0).durations;
  durations[static_cast<std::size_t>(proxy::Kind::Poll)].observe(20'000'000);
  durations[static_cast<std::size_t>(proxy::Kind::Call)].observe(1'000);
  durations[static_cast<std::size_t>(proxy::Kind::Call)].observe(1'001);
  farm.traffic(1).durations[static_cast<std::size_t>(proxy::Kind::Call)].observe(999'000'000);
  const auto text = metrics(farm.view());
  const auto line = [&](const std::string& kind, const std::string& rest) {
    return has_line(text, "winrm_lb_request_duration_seconds_" + rest.substr(0, rest.find(' ')) +
                              "{pool=\"teams\",kind=\"" + kind + "\"" + rest.substr(rest.find(' ') + 1));
  };
  EXPECT_TRUE(line("call", "bucket ,le=\"0.001\"} 1"));
  EXPECT_TRUE(line("call", "bucket ,le=\"0.0025\"} 2"));
  EXPECT_TRUE(line("call", "bucket ,le=\"185\"} 2"));
  EXPECT_TRUE(line("call", "bucket ,le=\"+Inf\"} 3"));
  EXPECT_TRUE(line("call", "count } 3"));
  EXPECT_TRUE(line("call", "sum } 999.002001")) << text;
  EXPECT_TRUE(line("poll", "bucket ,le=\"10\"} 0"));
  EXPECT_TRUE(line("poll", "bucket ,le=\"25\"} 1"));
  EXPECT_TRUE(line("login", "count } 0"));
}

// Series that appear with their first event have no rate for it: all are there from the start.
TEST(Metrics, SeriesAreThereBeforeAnythingHappens) {
  Farm farm(2, 3);
  const auto before = metrics(farm.view());
  for (auto& worker : farm.traffic().exchanges)
    worker.front().add();
  farm.counters().own_replies.add();
  EXPECT_EQ(std::count(before.begin(), before.end(), '\n'), [](const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  }(metrics(farm.view())));
}

// What a scrape costs grows with this number; the time itself is measured by metrics_bench.
TEST(Metrics, OfSixtyFourServersAreSoManySeries) {
  const Farm farm(8, 8, 8);
  const auto text = metrics(farm.view());
  const auto lines = std::count(text.begin(), text.end(), '\n');
  EXPECT_LT(lines, 7000);
  EXPECT_LT(text.size(), 700'000U);
  expect_well_formed(text);
}

// What a worker keeps for it: nothing grows with what clients do.
TEST(Metrics, TakeABoundedAmountOfMemory) {
  EXPECT_LE(sizeof(proxy::PoolTraffic), 4096U);
  EXPECT_LE(sizeof(proxy::ServerTraffic), 512U);
  EXPECT_LE(sizeof(proxy::Counters), 4096U);
}

TEST(Metrics, TellOfTheProcess) {
  const auto text = metrics(Farm().view());
  const std::regex resident("process_resident_memory_bytes [1-9][0-9]*");
  const std::regex descriptors("process_open_fds [1-9][0-9]*");
  EXPECT_TRUE(std::regex_search(text, resident));
  EXPECT_TRUE(std::regex_search(text, descriptors));
}

TEST(Metrics, ShowTheStateOfEachServer) {
  Farm farm;
  farm.server("ps2").fitness = Fitness::Down;
  const auto text = metrics(farm.view());
  EXPECT_TRUE(has_line(text, R"(winrm_lb_server_up{pool="teams",server="ps1"} 1)")) << text;
  EXPECT_TRUE(has_line(text, R"(winrm_lb_server_up{pool="teams",server="ps2"} 0)")) << text;
  EXPECT_TRUE(has_line(text, R"(winrm_lb_server_state{pool="teams",server="ps2",state="down"} 1)")) << text;
}

TEST(Readiness, NeedsAServerThatTakesNewWork) {
  Farm farm;
  EXPECT_TRUE(is_ready(farm.view()));
  farm.server("ps1").fitness = Fitness::Down;
  EXPECT_TRUE(is_ready(farm.view()));
  farm.server("ps2").fitness = Fitness::Suspect;
  EXPECT_TRUE(is_ready(farm.view())) << "a suspicion is not a verdict";
  farm.server("ps2").fitness = Fitness::Checking;
  EXPECT_FALSE(is_ready(farm.view()));
  farm.server("ps2").fitness = Fitness::Up;
  farm.server("ps2").mode = config::ServerMode::Drain;
  EXPECT_FALSE(is_ready(farm.view())) << "a server that drains takes no new client";
  farm.server("ps2").mode = config::ServerMode::Maintenance;
  EXPECT_FALSE(is_ready(farm.view()));
}

TEST(Readiness, EndsWithTheDrain) {
  auto view = Farm().view();
  view.draining = true;
  EXPECT_FALSE(is_ready(view));
}

}  // namespace
}  // namespace winrmlb::admin
