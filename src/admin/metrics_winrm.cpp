// Metrics of what the balancer understands and remembers: logins, hunts, shells, affinity.
#include <algorithm>

#include "families.h"

namespace winrmlb::admin {

namespace {

using C = proxy::Counters;

void add_logins(Families& families, const View& view) {
  families.begin_counters("logins_total", "Logins, and the steps towards them, by scheme and outcome.");
  for (std::size_t scheme = 0; scheme < winrm::kSchemes; ++scheme) {
    for (std::size_t outcome = 0; outcome < winrm::kLoginOutcomes; ++outcome) {
      families.add(sum(view, [&](const C& c) -> const proxy::Counter& { return c.logins[scheme][outcome]; }),
                   {{"scheme", winrm::name_of(static_cast<winrm::Scheme>(scheme))},
                    {"outcome", winrm::name_of(static_cast<winrm::LoginOutcome>(outcome))}});
    }
  }
  families.begin_counters("login_refusals_total", "Refused logins, by why.");
  for (std::size_t i = 0; i < winrm::kRefusals; ++i) {
    families.add(sum(view, [&](const C& c) -> const proxy::Counter& { return c.refusals[i]; }),
                 {{"reason", winrm::name_of(static_cast<winrm::Refusal>(i))}});
  }
  families.counter("logins_blocked_total", "Logins refused here because too many had failed.",
                   sum(view, &C::logins_blocked));
}

// The most clients of a server, per weight, over what an even spread would give each; 1 is even.
double imbalance_of(const balance::Pool& pool) {
  double clients = 0;
  double weights = 0;
  double most = 0;
  for (const auto& member : pool.members()) {
    if (member.settings.weight == 0 || !member.state->takes_new()) continue;
    const double here = member.state->clients.load();
    clients += here;
    weights += member.settings.weight;
    most = std::max(most, here / member.settings.weight);
  }
  return clients == 0 ? 1 : most * weights / clients;
}

// Which tiers were seen so far, for each listener and pool.
void add_visibility(Families& families, const View& view) {
  const auto add = [&](const balance::SeenTiers& tiers, const char* label, const std::string& name) {
    for (std::size_t i = 0; i < balance::kTiers; ++i) {
      const auto tier = static_cast<balance::Tier>(i);
      families.add(tiers.seen(tier) ? 1 : 0, {{label, name}, {"tier", std::string(balance::name_of(tier))}});
    }
  };
  constexpr const char* kHelp =
      "1 if exchanges were seen so far down: connection (sealed or relayed TLS), header, body.";
  families.begin("listener_visibility", kHelp, prometheus::MetricType::Gauge);
  for (const auto& listener : view.snapshot->listeners) {
    if (listener.admission) add(listener.admission->tiers(), "listener", listener.settings.name);
  }
  families.begin("pool_visibility", kHelp, prometheus::MetricType::Gauge);
  for (const auto& entry : view.snapshot->pools) {
    const auto& pool = *entry.pool;
    add(pool.tiers(), "pool", pool.name());
  }
}

}  // namespace

void add_winrm(Families& families, const View& view) {
  add_logins(families, view);
  families.begin_counters("hunts_total", "Searches of other servers for a shell that is not known here.");
  families.add(sum(view, &C::hunts_found), {{"result", "found"}});
  families.add(sum(view, &C::hunts_missed), {{"result", "not_found"}});
  families.counter("creates_waited_total",
                   "Creates that waited, because their server made as many shells as it may.",
                   sum(view, &C::creates_waited));
  families.begin_counters("resends_total", "Requests sent once more because nothing had run.");
  families.add(sum(view, &C::quota_retries), {{"reason", "quota"}});
  families.add(sum(view, &C::repeats), {{"reason", "connection_lost"}});
  families.counter("splits_prevented_total",
                   "Messages that went to their shell's server instead of the session's.",
                   sum(view, &C::splits_prevented));
  families.counter("pin_conflicts_total",
                   "Messages that name a shell elsewhere, on a session bound by its login.",
                   sum(view, &C::pin_conflicts));
}

void add_tables(Families& families, const View& view) {
  // Each takes its table's lock for a moment, so once per scrape.
  struct Row {
    const balance::Pool& pool;
    balance::AffinityTable::Counters affinity;
    balance::ShellRegistry::Counters shells;
  };
  std::vector<Row> rows;
  each_pool(view, [&](auto, const auto& entry) {
    rows.push_back({*entry.pool, entry.pool->affinity().counters(), entry.pool->shells().counters()});
  });
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  families.begin_gauges("affinity_entries", "Client addresses that are remembered.");
  for (const auto& row : rows)
    families.add(number(row.affinity.entries), {{"pool", row.pool.name()}});
  families.begin_counters("affinity_moves_total", "Client addresses that went from one server to another.");
  for (const auto& row : rows)
    families.add(number(row.affinity.moves), {{"pool", row.pool.name()}});
  families.begin_counters("affinity_forgotten_total",
                          "Client addresses forgotten: unused for long, or for want of room.");
  for (const auto& row : rows) {
    families.add(number(row.affinity.expired), {{"pool", row.pool.name()}, {"reason", "unused"}});
    families.add(number(row.affinity.evicted), {{"pool", row.pool.name()}, {"reason", "full"}});
  }
  families.begin_counters("affinity_unlisted_total",
                          "Choices that were not remembered, since the table was full of what is in use.");
  for (const auto& row : rows)
    families.add(number(row.affinity.unlisted), {{"pool", row.pool.name()}});
  families.begin_gauges("affinity_imbalance_ratio",
                        "Clients of the fullest server that takes new ones, over an even share; 1 is even.");
  for (const auto& row : rows)
    families.add(imbalance_of(row.pool), {{"pool", row.pool.name()}});
  families.begin_counters("shells_total", "Shells and their like, by what became known of them.");
  for (const auto& row : rows) {
    families.add(number(row.shells.learned), {{"pool", row.pool.name()}, {"event", "learned"}});
    families.add(number(row.shells.ended), {{"pool", row.pool.name()}, {"event", "ended"}});
    families.add(number(row.shells.expired), {{"pool", row.pool.name()}, {"event", "unused"}});
    families.add(number(row.shells.evicted), {{"pool", row.pool.name()}, {"event", "full"}});
  }
  add_visibility(families, view);
}

}  // namespace winrmlb::admin
