// Sums of what was done, for status and history.
#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace {

// Of one server, by all workers.
std::uint64_t sum_of(const proxy::PerWorker<proxy::ServerTraffic>& traffic, std::size_t from,
                     std::size_t to) {
  std::uint64_t total = 0;
  for (const auto& worker : traffic.all()) {
    for (std::size_t outcome = from; outcome < to; ++outcome)
      total += worker.exchanges[outcome].value();
  }
  return total;
}

constexpr auto kFault = static_cast<std::size_t>(proxy::Outcome::Fault);

}  // namespace

Totals totals_of(const View& view) {
  Totals totals;
  totals.sessions = view.open_sessions;
  for (const auto* worker : view.workers) {
    for (const auto& error : worker->errors)
      totals.errors += error.value();
  }
  for (const auto& entry : view.snapshot->pools) {
    totals.shells += static_cast<std::uint32_t>(entry.pool->shells().shells());
    for (const auto& worker : entry.traffic->all()) {
      for (std::size_t action = 0; action < winrm::kActions; ++action) {
        std::uint64_t exchanges = 0;
        for (const auto& outcome : worker.exchanges[action])
          exchanges += outcome.value();
        totals.requests += exchanges;
        totals.faults += worker.exchanges[action][kFault].value();
        if (action == static_cast<std::size_t>(winrm::Action::Receive)) totals.polls += exchanges;
      }
    }
  }
  return totals;
}

ServerTotals server_totals_of(const View& view, const balance::Pool& pool, ServerId id) {
  ServerTotals totals{.id = id, .pool = pool.name(), .server = {}};
  const auto* entry = view.snapshot->pool(pool.name());
  for (std::size_t i = 0; entry && i < entry->pool->members().size(); ++i) {
    const auto& state = *entry->pool->members()[i].state;
    if (state.id != id) continue;
    const auto& traffic = *entry->server_traffic[i];
    totals.server = state.name;
    totals.requests = sum_of(traffic, 0, proxy::kOutcomes);
    totals.faults = sum_of(traffic, kFault, kFault + 1);
    totals.sessions = state.sessions.load();
    totals.shells = state.shells.load();
    totals.clients = state.clients.load();
  }
  return totals;
}

std::vector<ServerTotals> server_totals_of(const View& view) {
  std::vector<ServerTotals> all;
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members())
      all.push_back(server_totals_of(view, *entry.pool, member.state->id));
  }
  return all;
}

}  // namespace winrmlb::admin
