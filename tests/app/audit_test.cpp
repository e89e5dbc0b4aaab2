// What the facts about servers mean to an operator. The facts are made up here; tests/clients asks real
// programs.
#include "winrmlb/admin/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/certificates.h"
#include "support/scratch.h"
#include "winrmlb/app/log_options.h"
#include "winrmlb/app/snapshot_builder.h"

namespace winrmlb::app {
namespace {

using health::Evidence;
using health::ServerAudit;
using std::chrono::hours;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class AuditTest : public ::testing::Test {
 protected:
  AuditTest() {
    const Certificate certificate({.ends_in = 90 * 86400});
    scratch.write("lb.pem", certificate.pem());
    scratch.write("lb.key", certificate.key_pem());
    listener_sha256 = certificate.fingerprint();
    config::Listener plain{.name = "plain", .pool = "farm"};
    config::Listener tls{.name = "tls", .pool = "farm"};
    tls.tls = config::ListenerTls{.certificate = scratch.path("lb.pem"), .key = scratch.path("lb.key")};
    settings.listeners = {plain, tls};
    config::Pool pool;
    pool.name = "farm";
    pool.servers = {{.name = "ps1", .host = "127.0.0.1"}, {.name = "ps2", .host = "127.0.0.2"}};
    pool.health.account.user = "svc";
    settings.pools = {pool};
    facts = {of("ps1"), of("ps2")};
  }

  ServerAudit of(const std::string& name) const {
    ServerAudit server{.pool = "farm", .server = name, .host = "127.0.0.1", .user = "svc"};
    server.ports = {{.port = 5986, .tls = true, .offers = {winrm::Scheme::Negotiate}, .clock = seconds(0)},
                    {.port = 5985, .offers = {winrm::Scheme::Negotiate}, .clock = seconds(1)}};
    server.ports[0].certificate = net::CertificateInfo{{}, name, listener_sha256, now + hours(90 * 24)};
    server.login = health::Finding{};
    server.version = "OS: 10.0.20348 SP: 0.0 Stack: 3.0";
    server.config = winrm::RemoteConfig{{{"MaxTimeoutms", "60000"}, {"MaxEnvelopeSizekb", "500"}}};
    return server;
  }

  // `leaf`: of the certificate that both servers have shown.
  boost::json::object audit(const std::string& leaf = {}) {
    auto snapshot = builder.build(settings, nullptr);
    EXPECT_TRUE(snapshot);
    for (const auto* host : {"127.0.0.1", "127.0.0.2"})
      (*snapshot)->pools[0].server_tls->leaves().note(host, leaf.empty() ? listener_sha256 : leaf);
    return admin::audit({**snapshot, facts, now});
  }
  std::string findings(const std::string& leaf = {}) {
    std::string text;
    const auto all = audit(leaf);
    for (const auto& one : all.at("findings").as_array()) {
      for (const auto* key : {"gravity", "listener", "server", "text"}) {
        if (const auto* value = one.as_object().if_contains(key))
          text += std::string(value->as_string()) + " ";
      }
      text += "\n";
    }
    return text;
  }

  Scratch scratch;
  config::Log log_settings{.file = scratch.path("log")};
  telemetry::Log log{log_options(log_settings)};
  SnapshotBuilder builder{log};
  config::Settings settings;
  std::string listener_sha256;
  std::vector<ServerAudit> facts;
  WallTime now = std::chrono::system_clock::now();
};

TEST_F(AuditTest, OfAFarmThatIsInOrderFindsNothing) {
  EXPECT_THAT(findings(), IsEmpty());
  EXPECT_EQ(admin::problems_in(audit()), 0U);
  EXPECT_THAT(admin::audit_text(audit()),
              AllOf(HasSubstr("no problems"), HasSubstr("ps1"), HasSubstr("MaxEnvelopeSizekb  500    500"),
                    HasSubstr("holds"), HasSubstr(listener_sha256.substr(0, 16))));
}

TEST_F(AuditTest, AServerThatDoesNotAnswerIsAProblem) {
  facts[0].ports[1].finding = {Evidence::Refused, "the connection was refused"};
  EXPECT_THAT(findings(), HasSubstr("problem ps1 port 5985: the connection was refused"));
  facts[0].ports.clear();
  EXPECT_THAT(findings(), HasSubstr("problem ps1 its name 127.0.0.1 has no address"));
}

TEST_F(AuditTest, ACertificateThatEndsSoonIsAProblem) {
  facts[1].ports[0].certificate->ends = now + hours(14 * 24 + 1);
  EXPECT_THAT(findings(), IsEmpty());
  facts[1].ports[0].certificate->ends = now + hours(14 * 24);
  EXPECT_THAT(findings(), HasSubstr("problem ps2 its certificate ends in 14 days"));
  facts[1].ports[0].certificate->ends = now;
  EXPECT_THAT(findings(), HasSubstr("problem ps2 its certificate has ended"));
}

TEST_F(AuditTest, ClocksAreComparedWithWhatKerberosTolerates) {
  facts[0].ports[1].clock = seconds(30);
  EXPECT_THAT(findings(), IsEmpty());
  facts[0].ports[1].clock = seconds(-31);
  EXPECT_THAT(findings(), HasSubstr("note ps1 its clock is 31s behind"));
  facts[0].ports[1].clock = seconds(300);
  EXPECT_THAT(findings(), HasSubstr("note ps1 its clock is 300s ahead"));
  facts[0].ports[1].clock = seconds(301);
  EXPECT_THAT(findings(), HasSubstr("problem ps1 its clock is 301s ahead"));
}

TEST_F(AuditTest, AnAccountThatOneServerRefusesIsNamedWithThoseThatAcceptIt) {
  facts[1].login = health::Finding{Evidence::LoginRefused, "the answer was 401: the login was refused"};
  EXPECT_THAT(findings(), AllOf(HasSubstr("problem ps2 the account svc cannot log in"),
                                HasSubstr("ps1 accept it, so that it would fail at a failover")));
}

TEST_F(AuditTest, WithoutAnAccountItSaysWhatWasNotTried) {
  settings.pools[0].health.account.user.clear();
  for (auto& server : facts) {
    server.login.reset();
    server.config.reset();
  }
  EXPECT_THAT(findings(), HasSubstr("note no login was tried"));
}

TEST_F(AuditTest, WhatServersDifferInIsNoted) {
  facts[1].config->values[1].value = "8192";
  facts[1].version = "OS: 10.0.17763 SP: 0.0 Stack: 3.0";
  facts[1].ports[1].offers.push_back(winrm::Scheme::Basic);
  EXPECT_THAT(findings(),
              AllOf(HasSubstr("note the servers differ in MaxEnvelopeSizekb: 500 at ps1; 8192 at ps2"),
                    HasSubstr("note the servers differ in versions: OS: 10.0.17763"),
                    HasSubstr("logins offered in clear: basic, negotiate at ps2; negotiate at ps1"),
                    Not(HasSubstr("problem"))));
}

TEST_F(AuditTest, AnOperationTimeThatIsNotTheServersIsNoted) {
  settings.pools[0].timeouts.operation = milliseconds(30000);
  EXPECT_THAT(findings(), AllOf(HasSubstr("note ps1 its MaxTimeoutms is 60000"), HasSubstr("30000ms")));
}

TEST_F(AuditTest, ChannelBindingIsJudgedByWhatTheServerChecks) {
  const std::string other(64, '0');
  EXPECT_THAT(findings(other), AllOf(HasSubstr("problem tls ps1 NTLM and Kerberos clients that bind"),
                                     HasSubstr("CbtHardeningLevel is not known")));
  facts[0].config->values.push_back({"Service/Auth/CbtHardeningLevel", "Strict"});
  EXPECT_THAT(findings(other), HasSubstr("CbtHardeningLevel is Strict"));
  for (auto& server : facts)
    server.config->values.push_back({"Service/Auth/CbtHardeningLevel", "None"});
  facts[0].config->values[2].value = "None";
  EXPECT_THAT(findings(other), AllOf(HasSubstr("note tls ps1 it shows another certificate"),
                                     HasSubstr("clients pass"), Not(HasSubstr("problem"))));
  settings.listeners[1].tls = config::ListenerTls{.mode = config::TlsMode::Passthrough};
  EXPECT_THAT(findings(other), IsEmpty());
}

}  // namespace
}  // namespace winrmlb::app
