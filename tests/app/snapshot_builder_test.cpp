#include "winrmlb/app/snapshot_builder.h"

#include <gtest/gtest.h>

#include "support/scratch.h"

namespace winrmlb::app {
namespace {

config::Settings farm() {
  config::Settings settings;
  config::Pool pool;
  pool.name = "teams";
  pool.servers = {{.name = "ps1", .host = "10.0.0.11"}, {.name = "ps2", .host = "10.0.0.12"}};
  settings.pools.push_back(pool);
  settings.listeners = {{.name = "plain", .bind = *Endpoint::parse("127.0.0.1:5985"), .pool = "teams"},
                        {.name = "other", .bind = *Endpoint::parse("127.0.0.1:5986"), .pool = "teams"}};
  return settings;
}

class SnapshotBuilderTest : public ::testing::Test {
 protected:
  std::shared_ptr<const proxy::Snapshot> build(const config::Settings& settings,
                                               const proxy::Snapshot* predecessor = nullptr) {
    auto built = builder.build(settings, predecessor);
    EXPECT_TRUE(built) << built.error().detail;
    return built ? *built : nullptr;
  }

  Scratch scratch;
  telemetry::Log log{{.file = scratch.path("log")}};
  SnapshotBuilder builder{log};
};

TEST_F(SnapshotBuilderTest, ResolvesServersAndNumbersRevisions) {
  const auto first = build(farm());
  EXPECT_EQ(first->pools[0].targets[0].plain().text(), "10.0.0.11:5985");
  EXPECT_EQ(first->pools[0].targets[1].tls().text(), "10.0.0.12:5986");
  EXPECT_EQ(build(farm(), first.get())->revision, first->revision + 1);
}

TEST_F(SnapshotBuilderTest, IdsAndStatesOutlastAReload) {
  const auto first = build(farm());
  auto settings = farm();
  std::swap(settings.pools[0].servers[0], settings.pools[0].servers[1]);
  std::swap(settings.listeners[0], settings.listeners[1]);
  const auto second = build(settings, first.get());
  EXPECT_EQ(second->pools[0].pool->member("ps1")->state, first->pools[0].pool->member("ps1")->state);
  EXPECT_EQ(&second->pools[0].pool->affinity(), &first->pools[0].pool->affinity());
  EXPECT_EQ(second->listeners[1].id, first->listeners[0].id);
  EXPECT_EQ(second->pools[0].target(first->pools[0].pool->member("ps2")->state->id)->plain().text(),
            "10.0.0.12:5985");
}

TEST_F(SnapshotBuilderTest, ListenersOnPortsOfTheKernelsChoiceAreApart) {
  auto settings = farm();
  for (auto& listener : settings.listeners)
    listener.bind.port = 0;
  const auto first = build(settings);
  EXPECT_NE(first->listeners[0].id, first->listeners[1].id);
  EXPECT_EQ(build(settings, first.get())->listeners[1].id, first->listeners[1].id);
}

TEST_F(SnapshotBuilderTest, AFailureNamesTheFileAndChangesNothing) {
  const auto first = build(farm());
  auto settings = farm();
  settings.pools[0].servers[0].state = config::ServerMode::Drain;
  settings.listeners[1].tls = config::ListenerTls{.certificate = "none.pem", .key = "none.key"};
  const auto failed = builder.build(settings, first.get());
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().detail.find("none.pem"), std::string::npos) << failed.error().detail;
  EXPECT_EQ(first->pools[0].pool->member("ps1")->state->mode.load(), config::ServerMode::Ready);
  settings.listeners[1].tls.reset();
  settings.pools[0].server_tls.ca = scratch.write("ca.pem", "no certificate");
  const auto again = builder.build(settings, first.get());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().detail.find("ca.pem"), std::string::npos) << again.error().detail;
}

TEST_F(SnapshotBuilderTest, AServerWithoutAnAddressIsAWarningNotAnEnd) {
  auto settings = farm();
  settings.pools[0].servers[0].host = "no-such-host.invalid";
  const auto snapshot = build(settings);
  EXPECT_FALSE(snapshot->pools[0].targets[0].address);
  log.flush();
  EXPECT_NE(scratch.read("log").find("no-such-host.invalid"), std::string::npos) << scratch.read("log");
}

}  // namespace
}  // namespace winrmlb::app
