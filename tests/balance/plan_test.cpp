#include "winrmlb/balance/plan.h"

#include <map>
#include <random>

#include <gtest/gtest.h>

#include "winrmlb/core/hash.h"

namespace winrmlb::balance {
namespace {

ServerId id(std::size_t number) { return ServerId(static_cast<std::uint16_t>(number)); }

std::vector<PlanServer> servers(std::vector<int> weights) {
  std::vector<PlanServer> result;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    result.push_back(
        {id(i), stable_hash("ps" + std::to_string(i + 1)), static_cast<std::uint16_t>(weights[i]), 0, false});
  }
  return result;
}

std::vector<ClientAddress> clients(std::size_t count, std::uint32_t first = 0x0a000001) {
  std::vector<ClientAddress> result;
  for (std::uint32_t i = 0; i < count; ++i)
    result.emplace_back(IpAddress::from_v4(first + i * 7), 32, 128);
  return result;
}

std::map<ServerId, std::size_t> loads(const Plan& plan) {
  std::map<ServerId, std::size_t> result;
  for (const auto& [client, server] : plan.rows())
    ++result[server];
  return result;
}

TEST(Plan, FourClientsOnThreeServersAreTwoOneOne) {
  std::multiset<std::size_t> shape;
  for (const auto& [server, load] : loads(Plan(clients(4), servers({100, 100, 100}))))
    shape.insert(load);
  EXPECT_EQ(shape, (std::multiset<std::size_t>{1, 1, 2}));
}

TEST(Plan, NobodyHasMoreThanHisShareRoundedUpAlsoAfterFailures) {
  for (std::size_t count = 1; count <= 40; ++count) {
    for (std::size_t size = 2; size <= 6; ++size) {
      for (std::size_t failed = 0; failed < size; ++failed) {
        auto farm = servers(std::vector<int>(size, 100));
        for (std::size_t i = 0; i < failed; ++i)
          farm[i].out = true;
        const Plan plan(clients(count), farm);
        EXPECT_EQ(plan.rows().size(), count);
        const auto left = size - failed;
        for (const auto& [server, load] : loads(plan)) {
          EXPECT_GE(server.value(), failed) << "a server that is out has clients";
          EXPECT_LE(load, (count + left - 1) / left) << count << " on " << left;
        }
      }
    }
  }
}

TEST(Plan, SharesFollowTheWeights) {
  const auto load = loads(Plan(clients(60), servers({100, 200, 300, 0})));
  EXPECT_EQ(load.at(id(0)), 10U);
  EXPECT_EQ(load.at(id(1)), 20U);
  EXPECT_EQ(load.at(id(2)), 30U);
  EXPECT_FALSE(load.contains(id(3)));
}

TEST(Plan, OnlyTheClientsOfTheLostServerMove) {
  for (const auto& weights : {std::vector<int>{100, 100, 100}, {10, 250, 40, 40}, {1, 1, 1, 1, 7}}) {
    for (std::size_t count = 1; count <= 50; ++count) {
      const auto listed = clients(count);
      const Plan before(listed, servers(weights));
      for (std::size_t lost = 0; lost < weights.size(); ++lost) {
        auto farm = servers(weights);
        farm[lost].out = true;
        const Plan after(listed, farm);
        for (const auto& client : listed) {
          if (before.server_of(client) == id(lost)) {
            EXPECT_NE(after.server_of(client), id(lost));
          } else {
            EXPECT_EQ(after.server_of(client), before.server_of(client));
          }
        }
      }
    }
  }
}

TEST(Plan, DoesNotDependOnTheOrderOfTheFile) {
  std::mt19937 random(7);
  auto listed = clients(23);
  auto farm = servers({100, 100, 50, 200});
  farm[1].out = true;
  const Plan plan(listed, farm);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(listed.begin(), listed.end(), random);
    std::shuffle(farm.begin(), farm.end(), random);
    listed.push_back(listed.front());  // named twice is named once
    EXPECT_EQ(Plan(listed, farm).rows(), plan.rows());
    listed.pop_back();
  }
}

// Two balancers of two versions, side by side, must not disagree.
TEST(Plan, IsTheSameForEver) {
  const Plan plan(clients(12), servers({100, 100, 100}));
  std::string map;
  for (const auto& [client, server] : plan.rows()) {
    map += std::to_string(server.value() + 1);
  }
  EXPECT_EQ(map, "333221122113");
}

TEST(Plan, ABackupTierGetsClientsOnlyWhenTheFirstIsWhollyOut) {
  auto farm = servers({100, 100, 100});
  farm[2].priority = 1;
  EXPECT_FALSE(loads(Plan(clients(9), farm)).contains(id(2)));
  farm[0].out = true;
  EXPECT_EQ(loads(Plan(clients(9), farm)).at(id(1)), 9U);
  farm[1].out = true;
  EXPECT_EQ(loads(Plan(clients(9), farm)).at(id(2)), 9U);
  farm[2].out = true;
  EXPECT_TRUE(Plan(clients(9), farm).rows().empty());
}

TEST(Plan, KnowsOnlyItsClients) {
  const Plan plan(clients(3), servers({100}));
  EXPECT_EQ(plan.server_of(clients(1)[0]), id(0));
  EXPECT_FALSE(plan.server_of(ClientAddress(*IpAddress::parse("192.0.2.1"), 32, 128)));
  EXPECT_FALSE(Plan({}, servers({100})).server_of(clients(1)[0]));
  EXPECT_FALSE(Plan(clients(1), {}).server_of(clients(1)[0]));
}

TEST(Plan, ReportShowsTheMapAndWhatEachFailureMoves) {
  config::Pool pool;
  pool.name = "teams";
  pool.affinity.prefix4 = 24;
  for (const auto* name : {"ps1", "ps2"}) {
    auto& server = pool.servers.emplace_back();
    server.name = name;
  }
  for (const auto* text : {"10.0.1.7", "10.0.1.9", "10.0.2.7"})
    pool.clients.push_back(*IpAddress::parse(text));
  EXPECT_EQ(plan_report(pool),
            "pool teams: 2 clients\n"
            "  10.0.1.0 -> ps2\n"
            "  10.0.2.0 -> ps1\n"
            "without ps1:\n"
            "  10.0.2.0 -> ps2\n"
            "without ps2:\n"
            "  10.0.1.0 -> ps1\n");
  pool.servers.pop_back();
  EXPECT_THAT(plan_report(pool), testing::HasSubstr("without ps1:\n  no server is left\n"));
}

}  // namespace
}  // namespace winrmlb::balance
