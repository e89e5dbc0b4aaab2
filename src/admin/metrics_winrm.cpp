// Metrics of what the balancer understands: operations, faults, hunts, shells.
#include "families.h"

namespace winrmlb::admin {

namespace {

using C = proxy::Counters;

// One series per element of an array of counters.
template <typename Name, std::size_t Size>
void add_each(Families& families, const View& view, std::array<proxy::Counter, Size> C::*counters,
              const char* label, Name name) {
  for (std::size_t i = 0; i < Size; ++i) {
    families.add(sum(view, [&](const C& c) -> const proxy::Counter& { return (c.*counters)[i]; }),
                 {{label, std::string(name(i))}});
  }
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
  families.begin("operations_total", "Requests whose SOAP header could be read, by operation.",
                 prometheus::MetricType::Counter);
  add_each(families, view, &C::operations, "operation",
           [](std::size_t i) { return winrm::name_of(static_cast<winrm::Action>(i)); });
  families.begin("faults_total",
                 "Faults of servers, by class; poll_timeout is how an idle poll ends, and healthy.",
                 prometheus::MetricType::Counter);
  add_each(families, view, &C::faults, "class",
           [](std::size_t i) { return winrm::name_of(static_cast<winrm::FaultClass>(i)); });
  families.begin("logins_total", "Logins, and the steps towards them, by scheme and outcome.",
                 prometheus::MetricType::Counter);
  for (std::size_t scheme = 0; scheme < winrm::kSchemes; ++scheme) {
    for (std::size_t outcome = 0; outcome < winrm::kLoginOutcomes; ++outcome) {
      families.add(sum(view, [&](const C& c) -> const proxy::Counter& { return c.logins[scheme][outcome]; }),
                   {{"scheme", std::string(winrm::name_of(static_cast<winrm::Scheme>(scheme)))},
                    {"outcome", std::string(winrm::name_of(static_cast<winrm::LoginOutcome>(outcome)))}});
    }
  }
  families.begin("login_refusals_total", "Refused logins, by why.", prometheus::MetricType::Counter);
  add_each(families, view, &C::refusals, "reason",
           [](std::size_t i) { return winrm::name_of(static_cast<winrm::Refusal>(i)); });
  families.counter("logins_blocked_total", "Logins refused here because too many had failed.",
                   sum(view, &C::logins_blocked));
  families.begin("hunts_total", "Searches of other servers for a shell that is not known here.",
                 prometheus::MetricType::Counter);
  families.add(sum(view, &C::hunts_found), {{"result", "found"}});
  families.add(sum(view, &C::hunts_missed), {{"result", "not_found"}});
  families.counter("creates_waited_total",
                   "Creates that waited, because their server made as many shells as it may.",
                   sum(view, &C::creates_waited));
  families.begin("resends_total", "Requests sent once more because nothing had run.",
                 prometheus::MetricType::Counter);
  families.add(sum(view, &C::quota_retries), {{"reason", "quota"}});
  families.add(sum(view, &C::repeats), {{"reason", "connection_lost"}});
  families.counter("splits_prevented_total",
                   "Messages that went to their shell's server instead of the session's.",
                   sum(view, &C::splits_prevented));
  families.counter("pin_conflicts_total",
                   "Messages that name a shell elsewhere, on a session bound by its login.",
                   sum(view, &C::pin_conflicts));
  families.begin("shells", "Shells known to live on the server.", prometheus::MetricType::Gauge);
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      families.add(static_cast<double>(member.state->shells.load()),
                   {{"pool", entry.pool->name()}, {"server", member.state->name}});
    }
  }
  add_visibility(families, view);
}

}  // namespace winrmlb::admin
