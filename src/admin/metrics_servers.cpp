// Metrics of the servers: what they are, and what health found.
#include "families.h"

namespace winrmlb::admin {

namespace {

using balance::Fitness;
using State = balance::ServerState;

constexpr Fitness kFitnesses[] = {Fitness::Checking, Fitness::Up, Fitness::Suspect, Fitness::Down};
constexpr std::pair<config::ServerMode, const char*> kModes[] = {
    {config::ServerMode::Ready, "ready"},
    {config::ServerMode::Drain, "drain"},
    {config::ServerMode::Maintenance, "maintenance"}};

// One series per server, made by `value` of a Member.
template <typename Value>
void add_per_server(Families& families, const View& view, std::string_view name, std::string help,
                    Value value) {
  families.begin_gauges(name, std::move(help));
  each_server(view,
              [&](std::string_view pool, std::string_view server, const auto& entry, std::size_t place) {
                families.add(static_cast<double>(value(entry.pool->members()[place])),
                             {{"pool", pool}, {"server", server}});
              });
}

void add_states(Families& families, const View& view) {
  families.begin_gauges("server_state", "1 for the state that the server is in.");
  each_server(view, [&](std::string_view pool, std::string_view server, const auto& entry,
                        std::size_t place) {
    const auto now = entry.pool->members()[place].state->fitness.load();
    for (const auto fitness : kFitnesses)
      families.add(now == fitness ? 1 : 0, {{"pool", pool}, {"server", server}, {"state", name_of(fitness)}});
  });
  families.begin_gauges("server_mode", "1 for what the operator lets the server do.");
  each_server(view,
              [&](std::string_view pool, std::string_view server, const auto& entry, std::size_t place) {
                const auto now = entry.pool->members()[place].state->mode.load();
                for (const auto& [mode, name] : kModes)
                  families.add(now == mode ? 1 : 0, {{"pool", pool}, {"server", server}, {"mode", name}});
              });
  families.begin_gauges("pool_servers", "Servers of the pool by the state that they are in.");
  each_pool(view, [&](std::string_view pool, const auto& entry) {
    for (const auto fitness : kFitnesses) {
      std::size_t servers = 0;
      for (const auto& member : entry.pool->members())
        servers += member.state->fitness.load() == fitness ? 1 : 0;
      families.add(static_cast<double>(servers), {{"pool", pool}, {"state", name_of(fitness)}});
    }
  });
}

// Calls `visit` with pool, server, and what health reports of it.
template <typename Visit>
void each_report(const View& view, Visit visit) {
  each_server(view,
              [&](std::string_view pool, std::string_view server, const auto& entry, std::size_t place) {
                const auto id = entry.pool->members()[place].state->id;
                for (const auto& report : view.health) {
                  if (report.server == id) return visit(pool, server, report);
                }
              });
}

void add_checks(Families& families, const View& view) {
  const auto each = [&](auto visit) {
    each_report(view, [&](std::string_view pool, std::string_view server, const health::Report& report) {
      for (const auto& check : report.checks)
        visit(pool, server, check);
    });
  };
  families.begin_counters("health_checks_total", "Checks made, by kind and result.");
  each([&](std::string_view pool, std::string_view server, const health::CheckReport& check) {
    const auto add = [&](std::uint64_t count, std::string_view result) {
      families.add(static_cast<double>(count),
                   {{"pool", pool}, {"server", server}, {"check", check.name}, {"result", result}});
    };
    add(check.passes, "pass");
    add(check.failures, "failure");
  });
  families.begin_gauges("health_check_up", "1 while this kind of check passes.");
  each([&](std::string_view pool, std::string_view server, const health::CheckReport& check) {
    families.add(check.fitness == Fitness::Up ? 1 : 0,
                 {{"pool", pool}, {"server", server}, {"check", check.name}});
  });
  families.begin_gauges("health_check_seconds", "How long the last check of this kind took.");
  each([&](std::string_view pool, std::string_view server, const health::CheckReport& check) {
    families.add(std::chrono::duration<double>(check.took).count(),
                 {{"pool", pool}, {"server", server}, {"check", check.name}});
  });
}

}  // namespace

void add_servers(Families& families, const View& view) {
  using balance::Member;
  add_per_server(families, view, "server_up", "1 while the server is up.",
                 [](const Member& member) { return member.state->fitness.load() == Fitness::Up ? 1 : 0; });
  add_states(families, view);
  add_per_server(families, view, "server_full",
                 "1 while new clients keep away because a quota of the server is full.",
                 [&](const Member& member) {
                   return member.state->full_until.load() > view.now.time_since_epoch().count() ? 1 : 0;
                 });
  add_per_server(families, view, "server_weight", "Its share of new clients, as configured.",
                 [](const Member& member) { return member.settings.weight; });
  add_per_server(families, view, "server_sessions", "Server connections open now.",
                 [](const Member& member) { return member.state->sessions.load(); });
  add_per_server(families, view, "server_sessions_limit", "The most that it is to have; 0: no limit.",
                 [](const Member& member) { return member.settings.max_sessions; });
  add_per_server(families, view, "shells", "Shells known to live on the server.",
                 [](const Member& member) { return member.state->shells.load(); });
  add_per_server(families, view, "affinity_clients", "Client addresses that belong to the server.",
                 [](const Member& member) { return member.state->clients.load(); });
}

void add_health(Families& families, const View& view) {
  add_checks(families, view);
  families.begin_gauges("server_last_change_timestamp_seconds",
                        "Since when the server has been in its state, in seconds since the epoch.");
  each_report(view, [&](std::string_view pool, std::string_view server, const health::Report& report) {
    const auto since = report.since == TimePoint{} ? view.started : report.since;
    families.add(seconds_of(wall_time_of(view, since)), {{"pool", pool}, {"server", server}});
  });
  families.begin_counters("server_downs_total", "How often the server went down.");
  each_report(view, [&](std::string_view pool, std::string_view server, const health::Report& report) {
    families.add(static_cast<double>(report.downs), {{"pool", pool}, {"server", server}});
  });
  families.begin_counters("server_restarts_total", "How often the server was found to have lost its shells.");
  each_report(view, [&](std::string_view pool, std::string_view server, const health::Report& report) {
    families.add(static_cast<double>(report.restarts), {{"pool", pool}, {"server", server}});
  });
  families.begin_counters("passive_signals_total", "What sessions reported of the server.");
  each_report(view, [&](std::string_view pool, std::string_view server, const health::Report& report) {
    for (std::size_t i = 0; i < health::kPassiveSignals; ++i) {
      families.add(static_cast<double>(report.signals[i]),
                   {{"pool", pool},
                    {"server", server},
                    {"signal", health::name_of(static_cast<health::PassiveSignal>(i))}});
    }
  });
  families.begin_gauges("server_certificate_not_after_seconds",
                        "When the server's certificate ends, as last seen, in seconds since the epoch.");
  each_report(view, [&](std::string_view pool, std::string_view server, const health::Report& report) {
    if (!report.certificate_ends_in) return;
    const auto seen = report.last_check.value_or(view.now);
    families.add(seconds_of(wall_time_of(view, seen) + *report.certificate_ends_in),
                 {{"pool", pool}, {"server", server}});
  });
}

}  // namespace winrmlb::admin
