// Plan: which client goes to which server under `assign: planned`, where the pool lists its clients.
//
// A function of the clients, the servers, their weights and which of them are out, and of nothing else: every
// balancer with the same configuration makes the same map, whatever the order of the file and without a word
// between them. Pure; a Plan is an immutable value.
//
// How: the seats of each server come from handing out one per client, each to the server with the fewest
// seats per weight (so with equal weights nobody has more than the clients divided by the servers, rounded
// up); then each client, in a fixed order, takes the server it prefers by rendezvous among those with seats
// left. A server that is out loses all its seats, and handing out this way never takes one from another
// server: so only its clients move. Several that are out are taken out one after the other, in a fixed order.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"

namespace winrmlb::balance {

/// A server in the plan.
struct PlanServer {
  ServerId id;
  std::uint64_t name_hash = 0;
  std::uint16_t weight = 0;   // 0: gets no client
  std::uint8_t priority = 0;  // the plan is made for the lowest tier that is not wholly out
  bool out = false;
  friend bool operator==(const PlanServer&, const PlanServer&) = default;
};

class Plan {
 public:
  Plan(std::span<const ClientAddress> clients, std::span<const PlanServer> servers);

  /// Nothing for a client that is not on the list, or if all servers are out.
  std::optional<ServerId> server_of(const ClientAddress& client) const noexcept;
  /// What it was made from, to know whether it still holds.
  const std::vector<PlanServer>& servers() const noexcept { return servers_; }
  /// By address.
  const std::vector<std::pair<ClientAddress, ServerId>>& rows() const noexcept { return rows_; }

 private:
  std::vector<PlanServer> servers_;
  std::vector<std::pair<ClientAddress, ServerId>> rows_;
};

/// The clients that a pool lists, as its prefix lengths make them, each once.
std::vector<ClientAddress> planned_clients(const config::Pool& pool);

/// The map of a pool, and what changes after each single failure, as text for the operator.
std::string plan_report(const config::Pool& pool);

}  // namespace winrmlb::balance
