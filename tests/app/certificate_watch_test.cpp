// Certificates that are replaced on disk are taken, unless they do not go together; ends are said in time.
#include "winrmlb/app/certificate_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificates.h"
#include "support/scratch.h"
#include "winrmlb/app/log_options.h"

namespace winrmlb::app {
namespace {

using proxy::channel_binding;
using proxy::ChannelBinding;
using std::chrono::hours;
using ::testing::HasSubstr;
using ::testing::Not;

class CertificateWatchTest : public ::testing::Test {
 protected:
  void write(const Certificate& certificate) {
    scratch.write("lb.pem", certificate.pem());
    scratch.write("lb.key", certificate.key_pem());
  }
  std::shared_ptr<const proxy::Snapshot> built() {
    config::Settings settings;
    config::Listener listener;
    listener.name = "tls";
    listener.pool = "farm";
    listener.tls = config::ListenerTls{.certificate = scratch.path("lb.pem"), .key = scratch.path("lb.key")};
    settings.listeners = {listener};
    config::Pool pool;
    pool.name = "farm";
    pool.servers = {{.name = "ps1", .host = "127.0.0.1"}};
    settings.pools = {pool};
    auto snapshot = builder.build(settings, nullptr);
    EXPECT_TRUE(snapshot) << snapshot.error().detail;
    return *snapshot;
  }
  /// A second later.
  std::shared_ptr<const proxy::Snapshot> look(const proxy::Snapshot& current) {
    now += seconds(1);
    return watch.look(current, now, wall);
  }
  static std::string shown(const proxy::Snapshot& snapshot) {
    return snapshot.listeners.front().tls->certificates().front().sha256;
  }
  std::string said() {
    log.reset();
    return scratch.read("log");
  }

  Scratch scratch;
  config::Log log_settings{.file = scratch.path("log")};
  std::optional<telemetry::Log> log{std::in_place, log_options(log_settings)};
  SnapshotBuilder builder{*log};
  CertificateWatch watch{*log};
  TimePoint now = TimePoint{} + hours(1);
  WallTime wall = std::chrono::system_clock::now();
};

TEST_F(CertificateWatchTest, WhatIsReplacedIsTakenWhenItLiesStill) {
  const Certificate first({});
  const Certificate second({});
  write(first);
  const auto snapshot = built();
  EXPECT_EQ(look(*snapshot), nullptr);
  write(second);
  EXPECT_EQ(look(*snapshot), nullptr) << "it may be half written";
  const auto renewed = look(*snapshot);
  ASSERT_NE(renewed, nullptr);
  EXPECT_EQ(shown(*renewed), second.fingerprint());
  EXPECT_EQ(shown(*snapshot), first.fingerprint()) << "sessions that use it go on";
  EXPECT_EQ(renewed->pools.front().pool, snapshot->pools.front().pool);
  EXPECT_EQ(renewed->listeners.front().admission, snapshot->listeners.front().admission);
  EXPECT_EQ(look(*renewed), nullptr);
}

TEST_F(CertificateWatchTest, LooksOnceASecond) {
  write(Certificate({}));
  const auto snapshot = built();
  EXPECT_EQ(look(*snapshot), nullptr);
  write(Certificate({}));
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(watch.look(*snapshot, now, wall), nullptr);
}

TEST_F(CertificateWatchTest, WhatDoesNotGoTogetherIsSaidOnceAndTheOldGoesOn) {
  const Certificate first({});
  const Certificate second({});
  write(first);
  const auto snapshot = built();
  scratch.write("lb.pem", second.pem());  // its key has not come yet
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(look(*snapshot), nullptr);
  scratch.write("lb.key", second.key_pem());
  EXPECT_EQ(look(*snapshot), nullptr);
  EXPECT_NE(look(*snapshot), nullptr);
  const auto lines = said();
  EXPECT_THAT(lines, HasSubstr("lb.key does not belong to the certificate"));
  EXPECT_EQ(lines.find("cannot be used"), lines.rfind("cannot be used")) << lines;
}

TEST_F(CertificateWatchTest, EachStepNearerToTheEndIsSaidOnce) {
  const Certificate certificate({.san = "DNS:lb.example.net", .ends_in = 31 * 86400});
  write(certificate);
  const auto snapshot = built();
  const auto end = snapshot->listeners.front().tls->certificates().front().ends;
  for (const auto left : {hours(24 * 31), hours(24 * 30), hours(24 * 29), hours(24 * 7), hours(24 * 6),
                          hours(24), hours(1), hours(0), hours(-1)}) {
    wall = end - left;
    (void)look(*snapshot);
    (void)look(*snapshot);
  }
  const auto lines = said();
  for (const auto* text : {"ends in 30 days", "ends in 7 days", "ends in 24 hours", "has ended"}) {
    EXPECT_THAT(lines, HasSubstr(text));
    EXPECT_EQ(lines.find(text), lines.rfind(text)) << lines;
  }
  EXPECT_THAT(lines, Not(HasSubstr("29 days")));
  EXPECT_THAT(lines, HasSubstr("lb.example.net"));
}

TEST_F(CertificateWatchTest, ChannelBindingHoldsWithTheSameCertificateOnly) {
  const Certificate ours({});
  write(ours);
  const auto snapshot = built();
  const auto& listener = snapshot->listeners.front();
  const auto& pool = snapshot->pools.front();
  EXPECT_EQ(channel_binding(listener, pool, "127.0.0.1"), ChannelBinding::Unknown);
  pool.server_tls->leaves().note("127.0.0.1", ours.fingerprint());
  EXPECT_EQ(channel_binding(listener, pool, "127.0.0.1"), ChannelBinding::Holds);
  (void)look(*snapshot);
  pool.server_tls->leaves().note("127.0.0.1", Certificate({}).fingerprint());
  EXPECT_EQ(channel_binding(listener, pool, "127.0.0.1"), ChannelBinding::DoesNotHold);
  (void)look(*snapshot);
  auto relaying = listener;
  relaying.settings.tls->mode = config::TlsMode::Passthrough;
  EXPECT_EQ(channel_binding(relaying, pool, "127.0.0.1"), ChannelBinding::Holds);
  const auto lines = said();
  EXPECT_THAT(lines, HasSubstr("channel binding pass"));
  EXPECT_THAT(lines, HasSubstr("mode: passthrough"));
}

}  // namespace
}  // namespace winrmlb::app
