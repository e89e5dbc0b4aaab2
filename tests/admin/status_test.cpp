#include "winrmlb/admin/status.h"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "admin/admin_support.h"

namespace winrmlb::admin {
namespace {

TEST(Status, NamesListenersPoolsAndServers) {
  Farm farm;
  farm.server("ps2").fitness = balance::Fitness::Down;
  const auto all = status(farm.view());
  EXPECT_EQ(all.at("version"), "1.2.3");
  EXPECT_EQ(all.at("uptime_seconds"), 3700);
  EXPECT_EQ(all.at("revision"), 3);
  EXPECT_EQ(all.at("listeners").at(0).at("bind"), "0.0.0.0:5985");
  const auto& servers = all.at("pools").at(0).at("servers");
  EXPECT_EQ(servers.at(0).at("name"), "ps1");
  EXPECT_EQ(servers.at(0).at("state"), "up");
  EXPECT_EQ(servers.at(1).at("state"), "down");
  EXPECT_FALSE(all.contains("last_reload"));
}

TEST(Status, TextSaysTheSameForPeople) {
  Farm farm;
  farm.server("ps2").fitness = balance::Fitness::Down;
  auto view = farm.view();
  view.reload_succeeded = false;
  view.reloads_failed = 1;
  view.reload_error = "winrm-lb.yaml:3:1: no such key";
  const auto text = status_text(status(view));
  for (const auto* part : {"winrm-lb 1.2.3, up 1h01m", "0.0.0.0:5985", "ps1", "down", "winrm-lb.yaml:3:1"})
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
}

TEST(Explain, SaysWhereAnAddressWouldGoAndChangesNothing) {
  Farm farm;
  farm.server("ps1").fitness = balance::Fitness::Down;
  const auto answer = explain(farm.view(), {{"client", "10.1.2.3"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("server"), "ps2");
  EXPECT_EQ(answer->at("reason"), "assigned");
  EXPECT_NE(std::string(answer->at("text").as_string()).find("10.1.2.3"), std::string::npos);
  EXPECT_EQ(farm.pool().affinity().counters().entries, 0U);
}

TEST(Explain, AgreesWithTheRouting) {
  Farm farm;
  const auto client = farm.pool().client_of(*IpAddress::parse("10.1.2.3"));
  const auto choice = farm.pool().route({.client = client, .bound = {}, .pinned = {}}, farm.view().now);
  const auto answer = explain(farm.view(), {{"client", "10.1.2.3"}, {"pool", "teams"}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("reason"), "affinity");
  EXPECT_EQ(std::string(answer->at("server").as_string()), farm.pool().member(*choice.server)->state->name);
}

TEST(Explain, AShellThatIsNamedLeadsToItsServer) {
  Farm farm;
  const auto shell = *Uuid::parse("7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001");
  const auto* holder = farm.pool().member("ps2");
  farm.pool().shells().learn({.id = shell,
                              .server = holder->state->id,
                              .client = farm.pool().client_of(*IpAddress::parse("10.9.9.9"))},
                             farm.view().now);
  const auto asked = [&](const char* id) {
    return explain(farm.view(), {{"client", "10.1.2.3"}, {"shell", id}});
  };
  const auto answer = asked("7b1f3d60-2a5c-4e7e-8c0d-55e1a9d0c001");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("server"), "ps2");
  EXPECT_EQ(answer->at("reason"), "pinned");
  const auto other = asked("00000000-2a5c-4e7e-8c0d-55e1a9d0c001");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->at("reason"), "assigned");
  EXPECT_NE(std::string(other->at("text").as_string()).find("is not known here"), std::string::npos);
  const auto wrong = asked("no such thing");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().detail, "a shell is named by its id, a UUID");
}

TEST(Explain, SaysWhatARequestLacks) {
  Farm farm;
  EXPECT_FALSE(explain(farm.view(), {}));
  EXPECT_FALSE(explain(farm.view(), {{"client", 7}}));
  EXPECT_FALSE(explain(farm.view(), {{"client", "nobody"}}));
  const auto answer = explain(farm.view(), {{"client", "10.1.2.3"}, {"pool", "none"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().detail, "there is no pool none");
}

}  // namespace
}  // namespace winrmlb::admin
