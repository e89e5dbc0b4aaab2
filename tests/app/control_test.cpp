// The whole process within the test: its control socket, reloads from a file, and the signal that ends it.
#include "winrmlb/app/control.h"

#include <csignal>
#include <optional>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/admin/control_client.h"
#include "winrmlb/config/load.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::app {
namespace {

using ::testing::HasSubstr;

class ControlTest : public ::testing::Test {
 protected:
  ~ControlTest() override {
    stop();
    (void)::prctl(PR_SET_DUMPABLE, 1);  // the process forbade it; a sanitizer's report at the end needs it
  }

  /// The configuration: `listeners` and what of the pool goes beyond its two servers.
  void configure(const std::string& listeners, const std::string& pool = "",
                 const std::string& ps1 = "host: 127.0.0.1") {
    scratch.write("lb.yaml", "workers: 2\nlisteners:\n" + listeners + "pools:\n  teams:\n" + pool +
                                 "    servers:\n      ps1: {" + ps1 + "}\n      ps2: {host: 127.0.0.2}\n" +
                                 "admin: {socket: control.sock}\nlog: {file: log, access_file: access}\n");
  }
  Status start() {
    const auto loaded = config::load_file(scratch.path("lb.yaml"));
    if (!loaded.settings) return Error{ErrorCode::Config, Side::Local, render(loaded.mistakes.front())};
    control.emplace(RunOptions{.config_file = scratch.path("lb.yaml")}, *loaded.settings);
    auto started = control->start();
    if (started) thread = std::thread([this] { ended = static_cast<bool>(control->serve()); });
    return started;
  }
  void stop() {
    if (!thread.joinable()) return;
    ::kill(::getpid(), SIGTERM);
    thread.join();
  }

  admin::ControlClient client() { return admin::ControlClient(scratch.path("control.sock")); }
  Result<admin::Reply> reload() { return client().ask("POST", "/configuration/reload", {}); }
  std::string status() {
    const auto answer = client().get("/status");
    return answer ? answer->body : answer.error().detail;
  }
  std::string log() { return scratch.read("log"); }

  static constexpr const char* kPlain = "  - {name: plain, bind: \"127.0.0.1:0\", pool: teams}\n";

  Scratch scratch;
  std::optional<Control> control;
  std::thread thread;
  bool ended = false;
};

TEST_F(ControlTest, StartsServesStatusAndEndsOnASignal) {
  configure(kPlain);
  const auto started = start();
  ASSERT_TRUE(started) << started.error().detail;
  EXPECT_THAT(status(), HasSubstr("\"plain\""));
  stop();
  EXPECT_TRUE(ended);
  EXPECT_FALSE(client().get("/status")) << "its socket is gone";
  control.reset();
  EXPECT_THAT(log(), HasSubstr("\"ended\""));
}

TEST_F(ControlTest, DoesNotStartOnAnAddressThatIsTaken) {
  const auto taken = net::listen_on(*Endpoint::parse("127.0.0.1:0"), 1);
  ASSERT_TRUE(taken);
  configure("  - {bind: \"" + taken->bound.text() + "\", pool: teams}\n");
  const auto started = start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().detail, HasSubstr(taken->bound.text()));
}

TEST_F(ControlTest, AGoodReloadIsInForce) {
  configure(kPlain);
  ASSERT_TRUE(start());
  configure(std::string(kPlain) + "  - {name: second, bind: \"127.0.0.1:0\", pool: teams}\n", "",
            "host: 127.0.0.1, state: drain");
  const auto reloaded = reload();
  ASSERT_TRUE(reloaded) << reloaded.error().detail;
  EXPECT_EQ(reloaded->json.at("revision"), 2);
  EXPECT_THAT(status(), HasSubstr("\"second\""));
  EXPECT_THAT(status(), HasSubstr("\"drain\""));
}

TEST_F(ControlTest, AReloadWithMistakesLeavesAllAsItWas) {
  configure(kPlain);
  ASSERT_TRUE(start());
  configure(kPlain, "    colour: blue\n");
  const auto reloaded = reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().detail, HasSubstr("colour"));
  EXPECT_THAT(status(), HasSubstr("\"revision\":1"));
  configure(kPlain);
  EXPECT_TRUE(reload());
}

TEST_F(ControlTest, AReloadThatCannotBindLeavesAllAsItWas) {
  configure(kPlain);
  ASSERT_TRUE(start());
  const auto taken = net::listen_on(*Endpoint::parse("127.0.0.1:0"), 1);
  ASSERT_TRUE(taken);
  configure(std::string(kPlain) + "  - {name: second, bind: \"" + taken->bound.text() + "\", pool: teams}\n",
            "    affinity: {ttl: 60s}\n", "host: 127.0.0.1, state: drain");
  const auto reloaded = reload();
  ASSERT_FALSE(reloaded);
  EXPECT_THAT(reloaded.error().detail, HasSubstr(taken->bound.text()));
  const auto now = status();
  EXPECT_THAT(now, ::testing::Not(HasSubstr("\"drain\""))) << "a server is drained by a reload that failed";
  EXPECT_THAT(now, HasSubstr("\"revision\":1"));
  EXPECT_THAT(now, ::testing::Not(HasSubstr("\"second\"")));
}

TEST_F(ControlTest, AnAddressTakesOverFromAllAddressesOfItsPortButIsNotBesideThem) {
  const auto bound_port = [] {
    const auto free = net::listen_on(*Endpoint::parse("0.0.0.0:0"), 1);
    return std::to_string(free->bound.port);
  };
  const auto port = bound_port();
  const std::string on_all = "  - {name: all, bind: \"0.0.0.0:" + port + "\", pool: teams}\n";
  const std::string on_one = "  - {name: one, bind: \"127.0.0.1:" + port + "\", pool: teams}\n";
  configure(kPlain + on_all);
  ASSERT_TRUE(start());
  configure(kPlain + on_all + on_one);
  const auto refused = reload();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail, HasSubstr("overlaps with"));
  EXPECT_THAT(status(), HasSubstr("\"all\"")) << "the old one goes on";
  for (int i = 0; i < 4; ++i) {
    configure(kPlain + (i % 2 == 0 ? on_one : on_all));
    const auto moved = reload();
    ASSERT_TRUE(moved) << moved.error().detail;
    EXPECT_THAT(status(), HasSubstr(i % 2 == 0 ? "\"one\"" : "\"all\""));
  }
}

TEST_F(ControlTest, WhatAReloadCannotBringIntoForceIsSaidEachTime) {
  configure(kPlain);
  ASSERT_TRUE(start());
  auto yaml = scratch.read("lb.yaml");
  yaml.replace(yaml.find("workers: 2"), 10, "workers: 3");
  yaml.replace(yaml.find("{file: log,"), 11, "{file: log2,");
  scratch.write("lb.yaml", yaml);
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(reload());
  stop();
  control.reset();
  for (const auto* key : {"workers", "log.file"}) {
    const auto line = "a change of " + std::string(key) + " needs a restart";
    const auto first = log().find(line);
    ASSERT_NE(first, std::string::npos) << key;
    EXPECT_NE(log().find(line, first + 1), std::string::npos) << key << " is forgotten by the second reload";
  }
  EXPECT_THAT(log(), ::testing::Not(HasSubstr("a change of admin")));
}

TEST_F(ControlTest, AListenerMayGo) {
  configure(std::string(kPlain) + "  - {name: second, bind: \"127.0.0.1:0\", pool: teams}\n");
  ASSERT_TRUE(start());
  EXPECT_THAT(status(), HasSubstr("\"second\""));
  configure(kPlain);
  ASSERT_TRUE(reload());
  EXPECT_THAT(status(), ::testing::Not(HasSubstr("\"second\"")));
}

}  // namespace
}  // namespace winrmlb::app
