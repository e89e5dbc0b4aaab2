#include "winrmlb/config/load.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"

namespace winrmlb::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSmallest[] = R"(
listeners:
  - {bind: "127.0.0.1:5985", pool: teams}
pools:
  teams:
    servers:
      ps1: {host: 10.0.0.11}
      ps2: {host: 10.0.0.12}
)";

std::vector<std::string> texts(const std::vector<Mistake>& mistakes) {
  std::vector<std::string> all;
  for (const auto& mistake : mistakes)
    all.push_back(mistake.key + ": " + mistake.text);
  return all;
}

std::vector<std::string> mistakes_in(const std::string& yaml) {
  auto loaded = load_text(yaml, "test.yaml");
  EXPECT_EQ(loaded.settings.has_value(), loaded.mistakes.empty());
  return texts(loaded.mistakes);
}

// The smallest file with one more line in its pool.
std::vector<std::string> mistakes_with(const std::string& pool_line) {
  return mistakes_in(kSmallest + ("    " + pool_line + "\n"));
}

TEST(Load, TheSmallestFileWorksWithDefaults) {
  const auto loaded = load_text(kSmallest, "test.yaml");
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  EXPECT_THAT(texts(loaded.warnings), IsEmpty());
  const auto& settings = *loaded.settings;
  ASSERT_EQ(settings.listeners.size(), 1U);
  EXPECT_EQ(settings.listeners[0].name, "127.0.0.1:5985");
  ASSERT_EQ(settings.pools.size(), 1U);
  ASSERT_EQ(settings.pools[0].servers.size(), 2U);
  EXPECT_EQ(settings.pools[0].servers[1].name, "ps2");
  EXPECT_EQ(settings.pools[0].servers[1].tls_port, 5986);
  EXPECT_EQ(settings.pools[0].affinity, Affinity{});
  EXPECT_EQ(settings.limits, Limits{});
}

TEST(Load, AMistakeShowsItsPlaceTheLineAndACaret) {
  const auto loaded = load_text(
      "listeners:\n  - {bind: \"0.0.0.0:5985\", poool: teams}\npools: {teams: {servers: {a: {host: a}}}}\n",
      "lb.yaml");
  ASSERT_FALSE(loaded.settings);
  ASSERT_EQ(loaded.mistakes.size(), 2U);
  EXPECT_EQ(render(loaded.mistakes[1]),
            "lb.yaml:2:28: listeners[0].poool: an unknown key; did you mean pool?\n"
            "    - {bind: \"0.0.0.0:5985\", poool: teams}\n"
            "                             ^\n");
  EXPECT_EQ(loaded.mistakes[0].key, "listeners[0].pool");
}

TEST(Load, AllMistakesComeAtOnceInTheOrderOfTheFile) {
  EXPECT_THAT(
      mistakes_in(R"(
workers: many
listeners:
  - {bind: "5985", pool: teams}
  - {bind: "127.0.0.1:5986", pool: tems}
pools:
  teams:
    timeouts: {connect: 30, idle: 2x}
    servers:
      ps1: {host: "not a host", port: 70000}
      ps1: {host: 10.0.0.1}
)"),
      ElementsAre(
          "workers: 'many' is not a whole number; it must be from 0 to 1024",
          "listeners[0].bind: '5985' is not an address and port; write it like 0.0.0.0:5985 or [::]:5985",
          "listeners[1].pool: there is no pool tems; did you mean teams?",
          "pools.teams.timeouts.connect: '30' has no unit; a duration is written like 500ms, 30s, 5m, 2h or "
          "1d",
          "pools.teams.timeouts.idle: '2x' is not a duration; write it like 500ms, 30s, 5m, 2h or 1d",
          "pools.teams.servers.ps1.host: 'not a host' is neither an IP address nor a host name",
          "pools.teams.servers.ps1.port: 70000 is out of bounds; it must be from 1 to 65535",
          "pools.teams.servers.ps1: this name stands here twice; keep one"));
}

TEST(Load, UnknownAndDuplicateKeysAreMistakes) {
  EXPECT_THAT(mistakes_with("affinty: {}"),
              ElementsAre("pools.teams.affinty: an unknown key; did you mean affinity?"));
  EXPECT_THAT(mistakes_with("zzz: 1"), testing::ElementsAre(testing::StartsWith(
                                           "pools.teams.zzz: an unknown key; there are servers, affinity,")));
  EXPECT_THAT(mistakes_with("health: {fall: 2, fall: 3}"),
              ElementsAre("pools.teams.health.fall: this key stands here twice; keep one"));
}

TEST(Load, WordsOutsideAClosedSetAreRefusedWithTheNearest) {
  EXPECT_THAT(mistakes_with("affinity: {assign: balancd}"),
              ElementsAre("pools.teams.affinity.assign: 'balancd' is not one of balanced, hash, planned; did "
                          "you mean balanced?"));
}

TEST(Load, OneOrSeveralKindsOfChecksMayBeSet) {
  EXPECT_THAT(mistakes_with("health: {probe: tcp}"), IsEmpty());
  EXPECT_THAT(mistakes_with("health: {probe: [tls, identify]}"), IsEmpty());
  EXPECT_THAT(mistakes_with("health: {probe: ping}"),
              ElementsAre("pools.teams.health.probe: 'ping' is not one of tcp, tls, identify, authenticated, "
                          "shell"));
  EXPECT_THAT(mistakes_with("health: {probe: [tcp, tcp]}"), ElementsAre(HasSubstr("stands here twice")));
  EXPECT_THAT(mistakes_with("health: {probe: []}"), ElementsAre(HasSubstr("a kind of check")));
  EXPECT_THAT(
      mistakes_with("health: {probe: shell}"),
      ElementsAre(HasSubstr("health.account.user: the checks authenticated and shell need an account"),
                  HasSubstr("health.account.password_file: the account of the checks needs")));
}

TEST(Load, BoundsHoldAtTheirEnds) {
  EXPECT_THAT(mistakes_with("timeouts: {connect: 50ms}"), IsEmpty());
  EXPECT_THAT(mistakes_with("timeouts: {connect: 60s}"), IsEmpty());
  EXPECT_THAT(mistakes_with("timeouts: {connect: 49ms}"),
              ElementsAre("pools.teams.timeouts.connect: 49ms is out of bounds; it must be from 50ms to 1m"));
  EXPECT_THAT(mistakes_with("timeouts: {connect: 60001ms}"), ElementsAre(HasSubstr("out of bounds")));
  EXPECT_THAT(mistakes_with("affinity: {ttl: 60500ms}"), ElementsAre(HasSubstr("finer than this key goes")));
  EXPECT_THAT(mistakes_with("timeouts: {connect: 99999999999999999999s}"),
              ElementsAre(HasSubstr("is not a duration")));
}

TEST(Load, WrongKindsSayWhatStandsThere) {
  EXPECT_THAT(
      mistakes_with("timeouts: 5s"),
      ElementsAre("pools.teams.timeouts: here stands a single value, but it must be a mapping of keys"));
  EXPECT_THAT(mistakes_with("health: {fall: [1]}"),
              ElementsAre("pools.teams.health.fall: here stands a list, but it must be number"));
  EXPECT_THAT(mistakes_in("- a\n"), ElementsAre(": here stands a list, but it must be a mapping of keys"));
}

TEST(Load, WhatMustBeGivenIsAskedFor) {
  EXPECT_THAT(mistakes_in(""),
              ElementsAre("listeners: this key must be given: addresses that clients connect to"));
  EXPECT_THAT(mistakes_in("listeners: [{bind: \"127.0.0.1:1\"}]\n"),
              ElementsAre("listeners[0].pool: this key must be given: the pool that its clients go to"));
}

TEST(Load, TextThatIsNotYamlIsRefusedWithItsPlace) {
  const auto loaded = load_text("listeners: [\npools: }\n", "bad.yaml");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(loaded.mistakes[0].text, HasSubstr("this is not YAML"));
  EXPECT_EQ(loaded.mistakes[0].line, 2);
  EXPECT_THAT(mistakes_in(std::string("a: \0b", 5)), ElementsAre(HasSubstr("a control character")));
  EXPECT_THAT(mistakes_in(std::string(kSmallest) + "---\na: 1\n"),
              ElementsAre(HasSubstr("more than one document")));
}

TEST(Load, BombsCostNothing) {
  EXPECT_THAT(mistakes_in(std::string(10'000, '[')), ElementsAre(HasSubstr("nested 16 deep")));
  EXPECT_THAT(mistakes_in("a: &a [1, 1]\nb: *a\n"), ElementsAre(HasSubstr("aliases are not supported")));
  EXPECT_THAT(mistakes_in("a: [" + std::string(220'000, ',') + "]"), ::testing::Not(IsEmpty()));
  EXPECT_THAT(mistakes_in(std::string(1024 * 1024 + 1, '#')), ElementsAre(HasSubstr("1MiB at most")));
}

TEST(Load, OtherVersionsAreRefused) {
  EXPECT_THAT(mistakes_in(std::string("version: 2\n") + kSmallest),
              ElementsAre("version: this winrm-lb reads version 1 of the configuration only"));
  EXPECT_THAT(mistakes_in(std::string("version: 1\n") + kSmallest), IsEmpty());
}

TEST(Load, SettingsMustMakeSenseTogether) {
  EXPECT_THAT(
      mistakes_in(R"(
listeners:
  - {bind: "127.0.0.1:5985", pool: teams}
  - {bind: "127.0.0.1:5985", pool: teams, name: other}
pools:
  teams:
    affinity: {assign: planned}
    servers:
      ps1: {host: 10.0.0.1}
      ps2: {host: 10.0.0.1}
)"),
      ElementsAre("listeners[1].bind: 127.0.0.1:5985 is taken by listeners[0] already",
                  "pools.teams.affinity.assign: planned needs the list of clients (pools.teams.clients)",
                  "pools.teams.servers.ps2.host: this is the same server as ps1"));
}

TEST(Load, ListenersMayLetTheSystemChooseSeveralPorts) {
  EXPECT_THAT(mistakes_in(R"(
listeners: [{bind: "127.0.0.1:0", pool: p, name: a}, {bind: "127.0.0.1:0", pool: p, name: b}]
pools: {p: {servers: {s: {host: h}}}}
)"),
              IsEmpty());
}

TEST(Load, FootGunsAreWarningsApart) {
  const auto loaded = load_text(R"(
listeners: [{bind: "0.0.0.0:5985", pool: teams}]
pools:
  teams:
    server_tls: {verify: none}
    timeouts: {idle: 60s, response: 30s}
    servers: {ps1: {host: 10.0.0.1, weight: 0}}
  spare:
    servers: {ps1: {host: 10.0.0.1}}
)",
                                "test.yaml");
  ASSERT_TRUE(loaded.settings);
  EXPECT_THAT(texts(loaded.warnings), ElementsAre(HasSubstr("listeners[0].bind: plain HTTP"),
                                                  HasSubstr("server_tls.verify: servers are not verified"),
                                                  HasSubstr("timeouts.idle: shorter than the 120s"),
                                                  HasSubstr("timeouts.response: shorter than 75s"),
                                                  HasSubstr("servers: every server has weight 0"),
                                                  HasSubstr("pools.spare: no listener and no route sends"),
                                                  HasSubstr("10.0.0.1 is in pool teams too")));
  EXPECT_EQ(loaded.warnings[0].severity, Mistake::Severity::Warning);
}

TEST(Load, ANetworkIsWrittenByItsFirstAddress) {
  const Scratch scratch;
  const std::string key_file = scratch.write("cookie.keys", "");
  const auto mistakes = [&](const std::string& clients) {
    return mistakes_with("affinity: {cookie: {key_file: " + key_file + ", clients: " + clients + "}}");
  };
  EXPECT_THAT(mistakes("[10.0.0.0/8, 192.168.1.1, \"fd00::/8\"]"), IsEmpty());
  EXPECT_THAT(mistakes("[10.1.2.3/16]"), ElementsAre(HasSubstr("did you mean 10.1.0.0/16?")));
  EXPECT_THAT(mistakes("[10.1.0.0/33, farm]"),
              ElementsAre(HasSubstr("'10.1.0.0/33' is not a network"), HasSubstr("'farm' is not a network")));
  EXPECT_THAT(mistakes("[10.0.0.0/8, 10.0.0.0/8]"), ElementsAre(HasSubstr("stands here twice")));
  EXPECT_THAT(mistakes("10.0.0.0/8"), ElementsAre(HasSubstr("must be a list of networks")));
}

TEST(Load, TheCookiesClientsNeedItsKeys) {
  EXPECT_THAT(mistakes_with("affinity: {cookie: {clients: [10.0.0.0/8]}}"),
              ElementsAre("pools.teams.affinity.cookie.clients: needs the keys of the cookie "
                          "(pools.teams.affinity.cookie.key_file)"));
}

TEST(Load, CookieKeysThatEverybodyCanReadAreWarnedOf) {
  const Scratch scratch;
  const std::string key_file = scratch.write("cookie.keys", "");
  const auto warnings = [&](std::filesystem::perms mode) {
    std::filesystem::permissions(key_file, mode);
    const auto yaml = kSmallest + ("    affinity: {cookie: {key_file: " + key_file + "}}\n");
    return texts(load_text(yaml, "test.yaml").warnings);
  };
  EXPECT_THAT(warnings(static_cast<std::filesystem::perms>(0640)), IsEmpty());
  EXPECT_THAT(warnings(static_cast<std::filesystem::perms>(0644)),
              ElementsAre(HasSubstr("cookie.key_file: every account of this machine can read the keys")));
}

TEST(Load, RelativePathsStartAtTheFolderOfTheFile) {
  const auto loaded = load_text(
      kSmallest +
          std::string("admin: {socket: run/lb.sock}\nlog: {file: ../lb.log, access_file: access.log}\n"),
      "/etc/winrm-lb/lb.yaml");
  ASSERT_TRUE(loaded.settings) << render(loaded.mistakes.front());
  EXPECT_EQ(loaded.settings->admin.socket, "/etc/winrm-lb/run/lb.sock");
  EXPECT_EQ(loaded.settings->log.file, "/etc/lb.log");
  EXPECT_EQ(loaded.settings->log.access_file, "/etc/winrm-lb/access.log");
}

TEST(Load, AKeyThatEveryUserCanReadIsAWarning) {
  const Scratch scratch;
  scratch.write("lb.pem", "certificate");
  const auto key = scratch.write("lb.key", "key");
  const std::string yaml =
      "listeners: [{bind: \"127.0.0.1:0\", pool: a, tls: {certificate: lb.pem, key: lb.key}}]\n"
      "pools: {a: {servers: {b: {host: c}}}}\n";
  using std::filesystem::perms;
  std::filesystem::permissions(key, perms::owner_read | perms::group_read | perms::others_read);
  const auto open = load_text(yaml, scratch.path("lb.yaml"));
  ASSERT_TRUE(open.settings);
  EXPECT_THAT(texts(open.warnings), ElementsAre(HasSubstr("listeners[0].tls.key: every user")));
  EXPECT_THAT(texts(open.warnings), ElementsAre(HasSubstr("chmod o= " + key)));
  std::filesystem::permissions(key, perms::owner_read | perms::group_read);
  EXPECT_THAT(texts(load_text(yaml, scratch.path("lb.yaml")).warnings), IsEmpty());
}

TEST(Load, TheControlSocketCanBeSwitchedOff) {
  for (const char* off : {"\"\"", "off"}) {
    const auto loaded = load_text(kSmallest + ("admin: {socket: " + std::string(off) + "}\n"), "lb.yaml");
    ASSERT_TRUE(loaded.settings) << off;
    EXPECT_EQ(loaded.settings->admin.socket, "");
  }
}

TEST(Load, AFileThatIsNotThereIsNamed) {
  const auto loaded = load_file("/nonexistent/lb.yaml");
  ASSERT_EQ(loaded.mistakes.size(), 1U);
  EXPECT_THAT(render(loaded.mistakes[0]), HasSubstr("/nonexistent/lb.yaml: cannot read the file"));
  EXPECT_THAT(mistakes_with("server_tls: {ca: nowhere.pem}"), ElementsAre(HasSubstr("cannot read the file")));
}

TEST(Load, ManyMistakesAreCountedNotListed) {
  std::string yaml;
  for (int i = 0; i < 500; ++i)
    yaml += "key" + std::to_string(i) + "x: 1\n";
  const auto mistakes = mistakes_in(yaml);
  EXPECT_EQ(mistakes.size(), 101U);
  EXPECT_THAT(mistakes.back(), HasSubstr("and 401 more"));
}

}  // namespace
}  // namespace winrmlb::config
