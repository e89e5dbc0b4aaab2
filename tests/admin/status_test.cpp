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

}  // namespace
}  // namespace winrmlb::admin
