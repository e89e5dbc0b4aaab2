#include "winrmlb/admin/metrics.h"

#include <iterator>

#include "families.h"

namespace winrmlb::admin {

namespace {

double seconds_of(WallTime time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

void add_process(Families& families, const View& view) {
  families.begin("build_info", "The running version.", prometheus::MetricType::Gauge);
  families.add(1, {{"version", view.version}});
  families.gauge("start_time_seconds", "When the process started, in seconds since the epoch.",
                 seconds_of(view.started_wall));
  families.gauge("config_revision", "Number of configurations loaded so far.",
                 static_cast<double>(view.snapshot->revision));
  families.gauge("config_last_reload_success",
                 "1 if the last reload was taken, 0 if the old configuration goes on.",
                 view.reload_succeeded ? 1 : 0);
  families.begin("config_reloads_total", "Reloads asked for.", prometheus::MetricType::Counter);
  families.add(static_cast<double>(view.reloads_succeeded), {{"result", "ok"}});
  families.add(static_cast<double>(view.reloads_failed), {{"result", "failed"}});
  families.begin("log_lines_dropped_total", "Log lines lost to a slow or failing disk.",
                 prometheus::MetricType::Counter);
  families.add(static_cast<double>(view.log_lines_dropped), {{"log", "events"}});
  families.add(static_cast<double>(view.access_lines_dropped), {{"log", "access"}});
  families.gauge("ready", "1 while new work is taken and at least one server is fit.",
                 is_ready(view) ? 1 : 0);
}

void add_sessions(Families& families, const View& view) {
  using C = proxy::Counters;
  families.gauge("sessions", "Client connections open now.", view.open_sessions);
  families.gauge("sessions_limit", "The most client connections that may be open at once.",
                 view.most_sessions);
  families.begin("sessions_total", "Client connections by what became of them at the door.",
                 prometheus::MetricType::Counter);
  families.add(sum(view, &C::sessions_accepted), {{"result", "accepted"}});
  families.add(sum(view, &C::sessions_refused), {{"result", "over_limit"}});
  families.add(sum(view, &C::accept_failures), {{"result", "no_descriptors"}});
  families.begin("tls_handshakes_total", "TLS handshakes with clients.", prometheus::MetricType::Counter);
  families.add(sum(view, &C::tls_handshakes), {{"result", "ok"}});
  families.add(sum(view, &C::tls_handshake_failures), {{"result", "failed"}});
  families.begin("connects_total", "Connections opened to servers.", prometheus::MetricType::Counter);
  families.add(sum(view, &C::connects), {{"result", "ok"}});
  families.add(sum(view, &C::connect_failures), {{"result", "failed"}});
}

void add_exchanges(Families& families, const View& view) {
  using C = proxy::Counters;
  families.begin("exchanges_total", "Requests, by why they went where they went.",
                 prometheus::MetricType::Counter);
  for (std::size_t i = 0; i < proxy::kReasons; ++i) {
    families.add(sum(view, [i](const C& c) -> const proxy::Counter& { return c.exchanges[i]; }),
                 {{"reason", std::string(balance::name_of(static_cast<balance::Reason>(i)))}});
  }
  families.begin("responses_total", "Answers by status class; none: closed without one.",
                 prometheus::MetricType::Counter);
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < std::size(kClasses); ++i) {
    families.add(sum(view, [i](const C& c) -> const proxy::Counter& { return c.responses[i]; }),
                 {{"class", kClasses[i]}});
  }
  families.begin("errors_total", "Exchanges that ended in an error, by what it was.",
                 prometheus::MetricType::Counter);
  for (std::size_t i = 0; i < proxy::kErrorCodes; ++i) {
    families.add(sum(view, [i](const C& c) -> const proxy::Counter& { return c.errors[i]; }),
                 {{"reason", std::string(winrmlb::name_of(static_cast<ErrorCode>(i)))}});
  }
  families.counter("own_replies_total", "Answers that the balancer gave itself.", sum(view, &C::own_replies));
  families.counter("request_bytes_total", "Bytes of requests sent to servers.", sum(view, &C::request_bytes));
  families.counter("response_bytes_total", "Bytes of answers sent to clients.",
                   sum(view, &C::response_bytes));
}

void add_listeners(Families& families, const View& view) {
  families.begin("refused_total", "Connections and requests that a listener did not let in, by reason.",
                 prometheus::MetricType::Counter);
  for (const auto& listener : view.snapshot->listeners) {
    if (!listener.admission) continue;
    for (std::size_t i = 0; i < balance::kRefusals; ++i) {
      const auto refusal = static_cast<balance::Refusal>(i);
      families.add(
          static_cast<double>(listener.admission->refused(refusal)),
          {{"listener", listener.settings.name}, {"reason", std::string(balance::name_of(refusal))}});
    }
  }
  families.begin("listener_sessions", "Client connections open now, by listener.",
                 prometheus::MetricType::Gauge);
  for (const auto& listener : view.snapshot->listeners) {
    if (listener.admission)
      families.add(listener.admission->sessions(), {{"listener", listener.settings.name}});
  }
  families.begin("certificate_not_after_seconds",
                 "When a certificate that a listener shows ends, in seconds since the epoch.",
                 prometheus::MetricType::Gauge);
  for (const auto& listener : view.snapshot->listeners) {
    if (!listener.tls) continue;
    for (const auto& certificate : listener.tls->certificates()) {
      families.add(seconds_of(certificate.ends),
                   {{"listener", listener.settings.name}, {"file", certificate.file}});
    }
  }
}

// One series per server, made by `value`.
template <typename Value>
void add_per_server(Families& families, const View& view, const char* name, const char* help, Value value) {
  families.begin(name, help, prometheus::MetricType::Gauge);
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      families.add(value(*member.state), {{"pool", entry.pool->name()}, {"server", member.state->name}});
    }
  }
}

void add_servers(Families& families, const View& view) {
  using State = balance::ServerState;
  using balance::Fitness;
  add_per_server(families, view, "server_up", "1 while the server is up.",
                 [](const State& state) { return state.fitness.load() == Fitness::Up ? 1.0 : 0.0; });
  add_per_server(families, view, "server_sessions", "Server connections open now.",
                 [](const State& state) { return static_cast<double>(state.sessions.load()); });
  add_per_server(families, view, "affinity_clients", "Client addresses that belong to the server.",
                 [](const State& state) { return static_cast<double>(state.clients.load()); });
  families.begin("server_state", "1 for the state that the server is in.", prometheus::MetricType::Gauge);
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      for (const auto fitness : {Fitness::Checking, Fitness::Up, Fitness::Suspect, Fitness::Down}) {
        families.add(member.state->fitness.load() == fitness ? 1 : 0,
                     {{"pool", entry.pool->name()},
                      {"server", member.state->name},
                      {"state", std::string(balance::name_of(fitness))}});
      }
    }
  }
}

// What health did and found, per server.
void add_health(Families& families, const View& view) {
  const auto each = [&](auto visit) {
    for (const auto& entry : view.snapshot->pools) {
      for (const auto& member : entry.pool->members()) {
        for (const auto& report : view.health) {
          if (report.server == member.state->id) visit(entry.pool->name(), member.state->name, report);
        }
      }
    }
  };
  families.begin("health_checks_total", "Checks made, by kind and result.", prometheus::MetricType::Counter);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    for (const auto& check : report.checks) {
      families.add(static_cast<double>(check.passes),
                   {{"pool", pool}, {"server", server}, {"check", check.name}, {"result", "pass"}});
      families.add(static_cast<double>(check.failures),
                   {{"pool", pool}, {"server", server}, {"check", check.name}, {"result", "failure"}});
    }
  });
  families.begin("health_check_up", "1 while this kind of check passes.", prometheus::MetricType::Gauge);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    for (const auto& check : report.checks) {
      families.add(check.fitness == balance::Fitness::Up ? 1 : 0,
                   {{"pool", pool}, {"server", server}, {"check", check.name}});
    }
  });
  families.begin("health_check_seconds", "How long the last check of this kind took.",
                 prometheus::MetricType::Gauge);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    for (const auto& check : report.checks) {
      families.add(std::chrono::duration<double>(check.took).count(),
                   {{"pool", pool}, {"server", server}, {"check", check.name}});
    }
  });
  families.begin("server_downs_total", "How often the server went down.", prometheus::MetricType::Counter);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    families.add(static_cast<double>(report.downs), {{"pool", pool}, {"server", server}});
  });
  families.begin("server_restarts_total", "How often the server was found to have lost its shells.",
                 prometheus::MetricType::Counter);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    families.add(static_cast<double>(report.restarts), {{"pool", pool}, {"server", server}});
  });
  families.begin("passive_signals_total", "What sessions reported of the server.",
                 prometheus::MetricType::Counter);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    for (std::size_t i = 0; i < health::kPassiveSignals; ++i) {
      families.add(static_cast<double>(report.signals[i]),
                   {{"pool", pool},
                    {"server", server},
                    {"signal", std::string(health::name_of(static_cast<health::PassiveSignal>(i)))}});
    }
  });
  families.begin("server_certificate_ends_seconds", "Until the server's certificate ends, as last seen.",
                 prometheus::MetricType::Gauge);
  each([&](const auto& pool, const auto& server, const health::Report& report) {
    if (report.certificate_ends_in) {
      families.add(static_cast<double>(report.certificate_ends_in->count()),
                   {{"pool", pool}, {"server", server}});
    }
  });
}

}  // namespace

bool is_ready(const View& view) {
  if (view.draining) return false;
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      const auto fitness = member.state->fitness.load();
      const bool serves = fitness == balance::Fitness::Up || fitness == balance::Fitness::Suspect;
      if (serves && member.state->mode.load() == config::ServerMode::Ready) return true;
    }
  }
  return false;
}

std::string metrics(const View& view) {
  Families families;
  add_process(families, view);
  add_sessions(families, view);
  add_listeners(families, view);
  add_exchanges(families, view);
  add_servers(families, view);
  add_winrm(families, view);
  add_health(families, view);
  return families.text();
}

}  // namespace winrmlb::admin
