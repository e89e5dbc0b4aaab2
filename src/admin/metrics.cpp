#include "winrmlb/admin/metrics.h"

#include <iterator>

#include "families.h"
#include "process_usage.h"
#include "winrmlb/net/memory.h"

namespace winrmlb::admin {

void add_process(Families& families, const View& view) {
  families.begin_gauges("build_info", "The running version.");
  families.add(1, {{"version", view.version}});
  families.gauge("start_time_seconds", "When the process started, in seconds since the epoch.",
                 seconds_of(view.started_wall));
  families.gauge("config_revision", "Number of configurations loaded so far.",
                 static_cast<double>(view.snapshot->revision));
  families.gauge("config_last_reload_success",
                 "1 if the last reload was taken, 0 if the old configuration goes on.",
                 view.reload_succeeded ? 1 : 0);
  families.gauge(
      "config_last_reload_timestamp_seconds",
      "When the last reload was asked for, or the process started, in seconds since the epoch.",
      seconds_of(view.reloads_succeeded + view.reloads_failed > 0 ? view.reloaded : view.started_wall));
  families.begin_counters("config_reloads_total", "Reloads asked for.");
  families.add(static_cast<double>(view.reloads_succeeded), {{"result", "ok"}});
  families.add(static_cast<double>(view.reloads_failed), {{"result", "failed"}});
  families.begin_counters("log_lines_dropped_total", "Log lines lost to a slow or failing disk or receiver.");
  families.add(static_cast<double>(view.log_lines_dropped), {{"log", "events"}});
  families.add(static_cast<double>(view.access_lines_dropped), {{"log", "access"}});
  if (view.state) {
    families.gauge("state_bytes", "Size of the file of what outlasts a restart.",
                   static_cast<double>(view.state->bytes));
    families.counter("state_records_total", "Records handed to the state store.",
                     static_cast<double>(view.state->records_written));
    families.counter("state_write_failures_total", "Failures to write the state.",
                     static_cast<double>(view.state->failures));
    families.gauge("state_failing", "1 while a restart would not know what has changed.",
                   view.state->failing ? 1 : 0);
  }
  families.gauge("ready", "1 while new work is taken and at least one server is fit.",
                 is_ready(view) ? 1 : 0);

  families.begin_gauges("memory_bytes",
                        "Memory held, by what for; the rest of it is in the process's own figures.");
  families.add(static_cast<double>(net::memory_held(net::MemoryKind::Blocks)), {{"kind", "blocks"}});
  families.add(static_cast<double>(net::memory_held(net::MemoryKind::Tls)), {{"kind", "tls"}});

  using Type = prometheus::MetricType;
  const auto usage = process_usage();
  families.common("process_cpu_seconds_total", "Processor time spent.", Type::Counter, usage.cpu_seconds);
  families.common("process_resident_memory_bytes", "Memory resident.", Type::Gauge,
                  static_cast<double>(usage.resident_bytes));
  families.common("process_virtual_memory_bytes", "Memory mapped.", Type::Gauge,
                  static_cast<double>(usage.virtual_bytes));
  families.common("process_open_fds", "Descriptors open.", Type::Gauge,
                  static_cast<double>(usage.open_descriptors));
  families.common("process_max_fds", "The most descriptors that may be open.", Type::Gauge,
                  static_cast<double>(usage.most_descriptors));
  families.common("process_threads", "Threads.", Type::Gauge, usage.threads);
  families.common("process_start_time_seconds", "When the process started, in seconds since the epoch.",
                  Type::Gauge, seconds_of(view.started_wall));
}

void add_listeners(Families& families, const View& view) {
  const auto each = [&](auto visit) {
    for (const auto& listener : view.snapshot->listeners) {
      if (listener.admission) visit(listener.settings.name, *listener.admission);
    }
  };
  families.begin_counters("refused_total",
                          "Connections and requests that a listener did not let in, by reason.");
  each([&](const std::string& name, const balance::Admission& admission) {
    for (std::size_t i = 0; i < balance::kRefusals; ++i) {
      const auto refusal = static_cast<balance::Refusal>(i);
      families.add(static_cast<double>(admission.refused(refusal)),
                   {{"listener", name}, {"reason", balance::name_of(refusal)}});
    }
  });
  families.begin_gauges("listener_sessions", "Client connections open now, by listener.");
  each([&](const std::string& name, const balance::Admission& admission) {
    families.add(admission.sessions(), {{"listener", name}});
  });
  families.begin_gauges("certificate_not_after_seconds",
                        "When a certificate that a listener shows ends, in seconds since the epoch.");
  for (const auto& listener : view.snapshot->listeners) {
    if (!listener.tls) continue;
    for (const auto& certificate : listener.tls->certificates()) {
      families.add(seconds_of(certificate.ends),
                   {{"listener", listener.settings.name}, {"file", certificate.file}});
    }
  }
}

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
  add_workers(families, view);
  add_listeners(families, view);
  add_traffic(families, view);
  add_winrm(families, view);
  add_tables(families, view);
  add_servers(families, view);
  add_health(families, view);
  return families.text();
}

}  // namespace winrmlb::admin
