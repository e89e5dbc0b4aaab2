#include "winrmlb/balance/plan.h"

#include <algorithm>

#include "winrmlb/balance/rendezvous.h"
#include "winrmlb/core/hash.h"

namespace winrmlb::balance {

namespace {

/// A server of the tier that is planned for.
struct Seats {
  const PlanServer* server;
  std::uint64_t seats = 0;
  std::uint64_t taken = 0;
};

/// One seat per client, each to the server with the fewest per weight; ties as the names' hashes say.
void hand_out_seats(std::vector<Seats>& tier, std::size_t clients) {
  for (auto& row : tier)
    row.seats = 0;
  for (std::size_t i = 0; i < clients; ++i) {
    auto* next = &tier.front();
    for (auto& row : tier) {
      const auto left = (row.seats + 1) * next->server->weight;
      const auto right = (next->seats + 1) * row.server->weight;
      if (left < right || (left == right && row.server->name_hash < next->server->name_hash)) next = &row;
    }
    ++next->seats;
  }
}

ServerId take_seat(std::vector<Seats>& tier, const ClientAddress& client) {
  const auto hash = client.hash();
  Seats* best = nullptr;
  for (auto& row : tier) {
    if (row.taken >= row.seats) continue;
    if (best == nullptr || ranks_before(hash, {row.server->name_hash, row.server->weight},
                                        {best->server->name_hash, best->server->weight})) {
      best = &row;
    }
  }
  ++best->taken;  // there are as many seats as clients
  return best->server->id;
}

/// The lowest tier that is not wholly out, in an order that does not depend on the file's.
std::vector<Seats> tier_of(const std::vector<PlanServer>& servers) {
  std::vector<Seats> tier;
  std::optional<std::uint8_t> priority;
  for (const auto& server : servers) {
    if (!server.out && server.weight > 0 && (!priority || server.priority < *priority))
      priority = server.priority;
  }
  for (const auto& server : servers) {
    if (priority == server.priority && server.weight > 0) tier.push_back({&server});
  }
  std::sort(tier.begin(), tier.end(),
            [](const Seats& a, const Seats& b) { return a.server->name_hash < b.server->name_hash; });
  return tier;
}

}  // namespace

Plan::Plan(std::span<const ClientAddress> clients, std::span<const PlanServer> servers)
    : servers_(servers.begin(), servers.end()) {
  auto tier = tier_of(servers_);
  if (tier.empty()) return;
  std::vector<ClientAddress> ordered(clients.begin(), clients.end());
  std::sort(ordered.begin(), ordered.end());
  ordered.erase(std::unique(ordered.begin(), ordered.end()), ordered.end());
  // By hash, so that neighbouring addresses do not decide together who comes first.
  std::sort(ordered.begin(), ordered.end(),
            [](const auto& a, const auto& b) { return a.hash() != b.hash() ? a.hash() < b.hash() : a < b; });

  hand_out_seats(tier, ordered.size());
  for (const auto& client : ordered)
    rows_.emplace_back(client, take_seat(tier, client));
  for (;;) {
    const auto out = std::find_if(tier.begin(), tier.end(), [](const Seats& row) { return row.server->out; });
    if (out == tier.end()) break;
    const auto gone = out->server->id;
    tier.erase(out);
    hand_out_seats(tier, ordered.size());
    for (auto& [client, server] : rows_) {
      if (server == gone) server = take_seat(tier, client);
    }
  }
  std::sort(rows_.begin(), rows_.end());
}

std::optional<ServerId> Plan::server_of(const ClientAddress& client) const noexcept {
  const auto found =
      std::lower_bound(rows_.begin(), rows_.end(), client,
                       [](const auto& row, const ClientAddress& wanted) { return row.first < wanted; });
  if (found == rows_.end() || found->first != client) return std::nullopt;
  return found->second;
}

std::vector<ClientAddress> planned_clients(const config::Pool& pool) {
  std::vector<ClientAddress> clients;
  for (const auto& address : pool.clients) {
    clients.emplace_back(address, pool.affinity.prefix4, pool.affinity.prefix6);
  }
  std::sort(clients.begin(), clients.end());
  clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
  return clients;
}

std::string plan_report(const config::Pool& pool) {
  const auto clients = planned_clients(pool);
  std::vector<PlanServer> servers;
  for (const auto& server : pool.servers) {
    servers.push_back({ServerId(static_cast<std::uint16_t>(servers.size())), stable_hash(server.name),
                       server.weight, server.priority, server.state != config::ServerMode::Ready});
  }
  const auto name_of = [&](ServerId id) -> const std::string& { return pool.servers[id.value()].name; };

  const Plan plan(clients, servers);
  std::string text = "pool " + pool.name + ": " + std::to_string(clients.size()) + " clients\n";
  for (const auto& [client, server] : plan.rows())
    text += "  " + client.text() + " -> " + name_of(server) + "\n";
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].out || servers[i].weight == 0) continue;
    servers[i].out = true;
    const Plan after(clients, servers);
    servers[i].out = false;
    text += "without " + pool.servers[i].name + ":\n";
    if (after.rows().empty()) text += "  no server is left\n";
    for (const auto& [client, server] : after.rows()) {
      if (plan.server_of(client) != server) text += "  " + client.text() + " -> " + name_of(server) + "\n";
    }
  }
  return text;
}

}  // namespace winrmlb::balance
