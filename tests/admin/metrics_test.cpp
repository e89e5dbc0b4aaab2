#include "winrmlb/admin/metrics.h"

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
    EXPECT_TRUE(name.starts_with("winrm_lb_")) << line;
    ASSERT_TRUE(types.contains(name)) << line;
    EXPECT_EQ(types[name] == "counter", name.ends_with("_total")) << line;
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
  Farm farm;
  proxy::Counters other;
  farm.counters().own_replies.add(2);
  other.own_replies.add(3);
  other.errors[static_cast<std::size_t>(ErrorCode::BadRequest)].add(7);
  auto view = farm.view();
  view.workers.push_back(&other);
  const auto text = metrics(view);
  EXPECT_TRUE(has_line(text, "winrm_lb_own_replies_total 5")) << text;
  EXPECT_TRUE(has_line(text, "winrm_lb_errors_total{reason=\"bad_request\"} 7")) << text;
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
