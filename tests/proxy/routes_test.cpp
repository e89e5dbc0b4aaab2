#include "winrmlb/proxy/routes.h"

#include <gtest/gtest.h>

namespace winrmlb::proxy {
namespace {

const RouteFacts kRequest{.listener = "tls",
                          .sni = "teams.example.net",
                          .host = "farm.example.net:5986",
                          .client = *IpAddress::parse("10.2.3.4"),
                          .path = "/wsman",
                          .resource = "http://schemas.microsoft.com/powershell/Microsoft.Exchange",
                          .user = "FARM\\svc"};

bool takes(const config::Route& route, const RouteFacts& facts = kRequest) {
  return first_route({route}, facts).has_value();
}

TEST(Routes, EachConditionHoldsOrNot) {
  EXPECT_TRUE(takes({.pool = "p"})) << "without conditions for everybody";
  EXPECT_TRUE(takes({.listener = "tls"}));
  EXPECT_FALSE(takes({.listener = "plain"}));
  EXPECT_TRUE(takes({.sni = "TEAMS.example.net"}));
  EXPECT_TRUE(takes({.sni = "*.example.net"}));
  EXPECT_FALSE(takes({.sni = "*.teams.example.net"})) << "a name is not below itself";
  EXPECT_FALSE(takes({.sni = "example.net"}));
  EXPECT_TRUE(takes({.host = "farm.example.net"})) << "the port is no part of the name";
  EXPECT_FALSE(takes({.host = "farm.example.org"}));
  EXPECT_TRUE(takes({.clients = {*Prefix::parse("10.1.0.0/16"), *Prefix::parse("10.2.0.0/16")}}));
  EXPECT_FALSE(takes({.clients = {*Prefix::parse("10.1.0.0/16")}}));
  EXPECT_TRUE(takes({.path = "/WSMAN"}));
  EXPECT_FALSE(takes({.path = "/powershell"}));
  EXPECT_TRUE(takes({.resource = "microsoft.exchange"}));
  EXPECT_TRUE(takes({.resource = "http://schemas.microsoft.com/powershell/Microsoft.Exchange"}));
  EXPECT_FALSE(takes({.resource = "Exchange"}));
  EXPECT_TRUE(takes({.user = "farm\\SVC"}));
  EXPECT_TRUE(takes({.user = "farm\\*"}));
  EXPECT_TRUE(takes({.user = "*\\svc"}));
  EXPECT_FALSE(takes({.user = "other\\*"}));
}

TEST(Routes, AllConditionsMustHold) {
  EXPECT_TRUE(takes({.listener = "tls", .host = "farm.example.net", .path = "/wsman"}));
  EXPECT_FALSE(takes({.listener = "tls", .host = "farm.example.net", .path = "/powershell"}));
}

TEST(Routes, WhatIsNotKnownHoldsForNoCondition) {
  const RouteFacts sealed{.listener = "plain", .client = *IpAddress::parse("::1")};
  for (const config::Route& route :
       {config::Route{.sni = "*.a"}, config::Route{.host = "a"}, config::Route{.path = "/"},
        config::Route{.resource = "a"}, config::Route{.user = "*"}}) {
    EXPECT_FALSE(takes(route, sealed));
  }
}

TEST(Routes, HostsMayBeAddresses) {
  RouteFacts facts = kRequest;
  facts.host = "[2001:db8::1]:5985";
  EXPECT_TRUE(takes({.host = "2001:db8::1"}, facts));
  facts.host = "10.0.0.1";
  EXPECT_TRUE(takes({.host = "10.0.0.1"}, facts));
}

TEST(Routes, TheFirstThatHoldsGoes) {
  const std::vector<config::Route> routes = {{.path = "/powershell"}, {.user = "farm\\*"}, {}};
  EXPECT_EQ(first_route(routes, kRequest), 1U);
  EXPECT_EQ(first_route({}, kRequest), std::nullopt);
  EXPECT_EQ(describe_route(routes, 1), "route 2 (user farm\\*)");
  EXPECT_EQ(describe_route(routes, 2), "route 3");
}

}  // namespace
}  // namespace winrmlb::proxy
