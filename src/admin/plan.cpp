// The plan of `assign: planned` as JSON.
#include "winrmlb/balance/plan.h"

#include "json_text.h"
#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

json::object row_of(const balance::Pool& pool, const ClientAddress& client, ServerId server) {
  const auto* member = pool.member(server);
  return {{"client", text(client.text())}, {"server", text(member ? member->settings.name : std::string())}};
}

}  // namespace

json::object plan_of(const balance::Pool& pool) {
  const auto plan = pool.plan();
  const auto& clients = pool.listed_clients();
  json::array rows;
  for (const auto& [client, server] : plan->rows())
    rows.push_back(row_of(pool, client, server));
  json::array failures;
  auto servers = plan->servers();
  for (auto& server : servers) {
    if (server.out || server.weight == 0) continue;
    server.out = true;
    const balance::Plan after(clients, servers);
    server.out = false;
    json::array moves;
    for (const auto& [client, to] : after.rows()) {
      if (plan->server_of(client) != to) moves.push_back(row_of(pool, client, to));
    }
    const auto* member = pool.member(server.id);
    failures.push_back({{"server", text(member ? member->settings.name : std::string())},
                        {"served", !after.rows().empty()},
                        {"moves", std::move(moves)}});
  }
  return {{"pool", text(pool.name())},
          {"clients", clients.size()},
          {"plan", std::move(rows)},
          {"failures", std::move(failures)}};
}

}  // namespace winrmlb::admin
