#include "winrmlb/admin/status.h"

#include <algorithm>
#include <ctime>

#include "json_text.h"
#include "winrmlb/proxy/channel_binding.h"

namespace winrmlb::admin {

namespace json = boost::json;

std::string utc(WallTime time) {
  const std::time_t seconds_since_epoch = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds_since_epoch, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
}

namespace {

const health::Report* report_of(const View& view, ServerId id) {
  const auto found =
      std::find_if(view.health.begin(), view.health.end(), [id](const auto& r) { return r.server == id; });
  return found == view.health.end() ? nullptr : &*found;
}

json::array checks_of(const health::Report& report, TimePoint now) {
  json::array checks;
  for (const auto& check : report.checks) {
    json::object one;
    one["name"] = text(check.name);
    one["state"] = text(balance::name_of(check.fitness));
    one["result"] = text(check.at ? health::name_of(check.last.evidence) : "none");
    if (!check.last.detail.empty()) one["detail"] = text(check.last.detail);
    if (check.at) {
      one["at_seconds"] = seconds_between(*check.at, now);
      one["took_ms"] = std::chrono::duration_cast<milliseconds>(check.took).count();
    }
    one["passes"] = check.passes;
    one["failures"] = check.failures;
    checks.push_back(std::move(one));
  }
  return checks;
}

// Of a drain, without those who hold it up: they are the drain's own story.
json::object drain_of(const DrainView& drain) {
  auto all = to_json(drain);
  for (const auto* known : {"pool", "server", "mode", "sessions", "shells", "holders"})
    all.erase(known);
  return all;
}

void add_health(const health::Report& report, const View& view, json::object& server) {
  server["since_seconds"] = seconds_between(std::max(report.since, view.started), view.now);
  server["why"] = text(report.why);
  server["downs"] = report.downs;
  server["restarts"] = report.restarts;
  if (report.certificate_ends_in)
    server["certificate_days_left"] = report.certificate_ends_in->count() / (24 * 3600);
  server["checks"] = checks_of(report, view.now);
  if (report.last_check) {
    server["last_check_seconds"] = seconds_between(*report.last_check, view.now);
    server["last_check_ms"] = std::chrono::duration_cast<milliseconds>(report.last_check_took).count();
  }
}

json::array tiers_of(const balance::SeenTiers& tiers) {
  json::array seen;
  for (std::size_t i = 0; i < balance::kTiers; ++i) {
    const auto tier = static_cast<balance::Tier>(i);
    if (tiers.seen(tier)) seen.emplace_back(text(balance::name_of(tier)));
  }
  return seen;
}

// By server: whether clients that bind their login to the TLS channel pass.
json::object channel_bindings(const View& view, const proxy::ListenerEntry& listener) {
  json::object all;
  const auto& pool = view.snapshot->pools[listener.pool];
  for (const auto& member : pool.pool->members())
    all[member.state->name] = text(name_of(proxy::channel_binding(listener, pool, member.settings.host)));
  return all;
}

// What the configuration lets be seen: of TLS that is only relayed who talks to whom; of plain HTTP, where
// logins by NTLM and Kerberos seal the messages, the heads; behind our own TLS, where they do not, the
// messages too.
std::string_view visibility_of(const View& view, const proxy::ListenerEntry& listener) {
  if (listener.relays_tls()) return "connection";
  const bool reads = view.snapshot->pools[listener.pool].pool->settings().shells.scan;
  return listener.settings.tls && reads ? "body" : "header";
}

json::array certificates_of(const net::TlsContext& context, WallTime now) {
  json::array all;
  for (const auto& certificate : context.certificates()) {
    const auto left = std::chrono::floor<std::chrono::hours>(certificate.ends - now).count();
    all.push_back({{"file", text(certificate.file)},
                   {"names", text(certificate.names)},
                   {"sha256", text(certificate.sha256)},
                   {"ends", utc(certificate.ends)},
                   {"days_left", left >= 0 ? left / 24 : -1}});
  }
  return all;
}

std::uint64_t sum(const View& view, const proxy::Counter proxy::Counters::*counter) {
  std::uint64_t total = 0;
  for (const auto* worker : view.workers)
    total += (worker->*counter).value();
  return total;
}

json::object totals_json(const View& view) {
  const auto totals = totals_of(view);
  return {{"requests", totals.requests},
          {"polls", totals.polls},
          {"faults", totals.faults},
          {"errors", totals.errors},
          {"request_bytes", sum(view, &proxy::Counters::request_bytes)},
          {"response_bytes", sum(view, &proxy::Counters::response_bytes)},
          {"own_replies", sum(view, &proxy::Counters::own_replies)},
          {"connects", sum(view, &proxy::Counters::connects)},
          {"connect_failures", sum(view, &proxy::Counters::connect_failures)}};
}

std::string_view name_of(config::Assign assign) noexcept {
  switch (assign) {
    case config::Assign::Balanced:
      return "balanced";
    case config::Assign::Hash:
      return "hash";
    case config::Assign::Planned:
      return "planned";
  }
  return "unknown";
}

}  // namespace

json::object server_status(const View& view, const balance::Pool& pool, const balance::Member& member) {
  const auto& state = *member.state;
  json::object server;
  server["name"] = text(state.name);
  server["pool"] = text(pool.name());
  server["host"] = text(member.settings.host);
  server["state"] = text(balance::name_of(state.fitness.load()));
  server["mode"] = text(name_of(state.mode.load()));
  server["weight"] = member.weight();
  server["configured_weight"] = member.settings.weight;
  server["priority"] = member.settings.priority;
  server["clients"] = state.clients.load();
  server["sessions"] = state.sessions.load();
  server["shells"] = state.shells.load();
  const auto totals = server_totals_of(view, pool, state.id);
  server["requests"] = totals.requests;
  server["faults"] = totals.faults;
  const TimePoint full_until{Duration(state.full_until.load())};
  if (view.now < full_until) server["full_seconds"] = seconds_between(view.now, full_until) + 1;
  if (const auto* report = report_of(view, state.id)) add_health(*report, view, server);
  for (const auto& drain : view.drains) {
    if (drain.pool == pool.name() && drain.server == state.name) server["drain"] = drain_of(drain);
  }
  return server;
}

json::object pool_status(const View& view, const balance::Pool& pool) {
  json::object all;
  all["name"] = text(pool.name());
  all["assign"] = text(name_of(pool.settings().affinity.assign));
  all["clients"] = pool.affinity().counters().entries;
  all["shells"] = pool.shells().shells();
  all["seen"] = tiers_of(pool.tiers());
  json::array servers;
  for (const auto& member : pool.members())
    servers.push_back(server_status(view, pool, member));
  all["servers"] = std::move(servers);
  return all;
}

json::array pools(const View& view) {
  json::array all;
  for (const auto& entry : view.snapshot->pools)
    all.push_back(pool_status(view, *entry.pool));
  return all;
}

json::array listeners(const View& view) {
  json::array all;
  for (std::size_t i = 0; i < view.snapshot->listeners.size(); ++i) {
    const auto& entry = view.snapshot->listeners[i];
    json::object listener;
    listener["name"] = text(entry.settings.name);
    listener["bind"] = text(view.bound[i].text());
    listener["tls"] = entry.settings.tls.has_value();
    listener["pool"] = text(entry.settings.pool);
    listener["passthrough"] = entry.relays_tls();
    listener["visibility"] = text(visibility_of(view, entry));
    listener["seen"] = entry.admission ? tiers_of(entry.admission->tiers()) : json::array();
    if (entry.settings.tls) listener["channel_binding"] = channel_bindings(view, entry);
    if (entry.tls) listener["certificates"] = certificates_of(*entry.tls, view.wall);
    all.push_back(std::move(listener));
  }
  return all;
}

json::object certificates(const View& view) {
  json::array shown;
  for (const auto& entry : view.snapshot->listeners) {
    if (!entry.tls) continue;
    for (auto& certificate : certificates_of(*entry.tls, view.wall)) {
      certificate.get_object()["listener"] = text(entry.settings.name);
      shown.push_back(std::move(certificate));
    }
  }
  json::array seen;
  for (const auto& entry : view.snapshot->pools) {
    for (const auto& member : entry.pool->members()) {
      const auto* report = report_of(view, member.state->id);
      if (!report || !report->certificate_ends_in) continue;
      const auto left = *report->certificate_ends_in;
      json::object certificate{{"pool", text(entry.pool->name())},
                               {"server", text(member.state->name)},
                               {"ends", utc(view.wall + left)},
                               {"days_left", left.count() >= 0 ? left.count() / (24 * 3600) : -1}};
      if (const auto leaf =
              entry.server_tls ? entry.server_tls->leaves().of(member.settings.host) : std::nullopt)
        certificate["sha256"] = text(*leaf);
      seen.push_back(std::move(certificate));
    }
  }
  return {{"listeners", std::move(shown)}, {"servers", std::move(seen)}};
}

json::object configuration(const View& view) {
  json::object all;
  all["file"] = text(view.config_file);
  all["revision"] = view.snapshot->revision;
  all["reloads"] = view.reloads_succeeded;
  all["reloads_failed"] = view.reloads_failed;
  if (view.reloads_succeeded + view.reloads_failed > 0) {
    json::object reload;
    reload["succeeded"] = view.reload_succeeded;
    reload["at"] = text(utc(view.reloaded));
    if (!view.reload_succeeded) reload["error"] = text(view.reload_error);
    all["last_reload"] = std::move(reload);
  }
  return all;
}

json::object status(const View& view) {
  auto settings = configuration(view);
  json::object all;
  all["version"] = text(view.version);
  all["at"] = utc(view.wall);
  all["started"] = text(utc(view.started_wall));
  all["uptime_seconds"] = seconds_between(view.started, view.now);
  all["config_file"] = text(view.config_file);
  all["revision"] = view.snapshot->revision;
  all["draining"] = view.draining;
  all["workers"] = view.workers.size();
  all["sessions"] = view.open_sessions;
  all["sessions_at_most"] = view.most_sessions;
  all["sessions_total"] = sum(view, &proxy::Counters::sessions_accepted);
  all["totals"] = totals_json(view);
  if (auto* reload = settings.if_contains("last_reload")) all["last_reload"] = std::move(*reload);
  all["listeners"] = listeners(view);
  all["pools"] = pools(view);
  return all;
}

}  // namespace winrmlb::admin
