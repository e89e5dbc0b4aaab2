#include "winrmlb/admin/status.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "text_table.h"
#include "winrmlb/proxy/channel_binding.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

json::string text(std::string_view value) { return json_text(value); }

std::string utc(WallTime time) {
  const std::time_t seconds_since_epoch = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds_since_epoch, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return buffer;
}

std::int64_t seconds_between(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<seconds>(to - from).count();
}

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

// "identify pass 3ms, shell timed_out": the last result of each kind.
std::string checks_text(const json::object& server) {
  const auto* checks = server.if_contains("checks");
  if (!checks || checks->as_array().empty()) return "-";
  std::string out;
  for (const auto& entry : checks->as_array()) {
    const auto& check = entry.as_object();
    out += (out.empty() ? "" : ", ") + std::string(check.at("name").get_string()) + " " +
           std::string(check.at("result").get_string());
    if (const auto* took = check.if_contains("took_ms"))
      out += " " + std::to_string(took->to_number<std::int64_t>()) + "ms";
  }
  return out;
}

json::object server_status(const View& view, const balance::Member& member) {
  const auto& state = *member.state;
  json::object server;
  server["name"] = text(state.name);
  server["host"] = text(member.settings.host);
  server["state"] = text(balance::name_of(state.fitness.load()));
  server["mode"] = text(name_of(state.mode.load()));
  server["weight"] = member.settings.weight;
  server["priority"] = member.settings.priority;
  server["clients"] = state.clients.load();
  server["sessions"] = state.sessions.load();
  if (const auto* report = report_of(view, state.id)) {
    server["since_seconds"] = seconds_between(std::max(report->since, view.started), view.now);
    server["why"] = text(report->why);
    if (report->certificate_ends_in)
      server["certificate_days_left"] = report->certificate_ends_in->count() / (24 * 3600);
    server["checks"] = checks_of(*report, view.now);
    if (report->last_check) {
      server["last_check_seconds"] = seconds_between(*report->last_check, view.now);
      server["last_check_ms"] = std::chrono::duration_cast<milliseconds>(report->last_check_took).count();
    }
  }
  return server;
}

// By server: whether clients that bind their login to the TLS channel pass.
json::object channel_bindings(const View& view, const proxy::ListenerEntry& listener) {
  json::object all;
  const auto& pool = view.snapshot->pools[listener.pool];
  for (const auto& member : pool.pool->members())
    all[member.state->name] = text(name_of(proxy::channel_binding(listener, pool, member.settings.host)));
  return all;
}

std::uint64_t sum(const View& view, const proxy::Counter proxy::Counters::*counter) {
  std::uint64_t total = 0;
  for (const auto* worker : view.workers)
    total += (worker->*counter).value();
  return total;
}

// "holds", or by server where they differ: "holds at ps1, does_not_hold at ps2".
std::string binding_text(const json::object& listener) {
  const auto* bindings = listener.if_contains("channel_binding");
  if (!bindings) return "-";
  std::map<std::string, std::string> servers;  // by what is found there
  for (const auto& [server, binding] : bindings->as_object()) {
    auto& names = servers[std::string(binding.as_string())];
    names += (names.empty() ? "" : " ") + std::string(server);
  }
  std::string out;
  for (const auto& [binding, names] : servers)
    out += (out.empty() ? "" : ", ") + binding + (servers.size() > 1 ? " at " + names : "");
  return out;
}

}  // namespace

std::string duration_text(std::int64_t s) {
  char buffer[32];
  if (s < 60) {
    std::snprintf(buffer, sizeof buffer, "%llds", static_cast<long long>(s));
  } else if (s < 3600) {
    std::snprintf(buffer, sizeof buffer, "%lldm%02llds", static_cast<long long>(s / 60),
                  static_cast<long long>(s % 60));
  } else {
    std::snprintf(buffer, sizeof buffer, "%lldh%02lldm", static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60));
  }
  return buffer;
}

json::object status(const View& view) {
  json::object all;
  all["version"] = text(view.version);
  all["started"] = text(utc(view.started_wall));
  all["uptime_seconds"] = seconds_between(view.started, view.now);
  all["config_file"] = text(view.config_file);
  all["revision"] = view.snapshot->revision;
  all["draining"] = view.draining;
  all["workers"] = view.workers.size();
  all["sessions"] = view.open_sessions;
  all["sessions_at_most"] = view.most_sessions;
  all["sessions_total"] = sum(view, &proxy::Counters::sessions_accepted);
  if (view.reloads_succeeded + view.reloads_failed > 0) {
    json::object reload;
    reload["succeeded"] = view.reload_succeeded;
    reload["at"] = text(utc(view.reloaded));
    if (!view.reload_succeeded) reload["error"] = text(view.reload_error);
    all["last_reload"] = std::move(reload);
  }
  json::array listeners;
  for (std::size_t i = 0; i < view.snapshot->listeners.size(); ++i) {
    const auto& entry = view.snapshot->listeners[i];
    json::object listener;
    listener["name"] = text(entry.settings.name);
    listener["bind"] = text(view.bound[i].text());
    listener["tls"] = entry.settings.tls.has_value();
    listener["pool"] = text(entry.settings.pool);
    listener["passthrough"] = entry.relays_tls();
    if (entry.settings.tls) listener["channel_binding"] = channel_bindings(view, entry);
    listeners.push_back(std::move(listener));
  }
  all["listeners"] = std::move(listeners);
  json::array pools;
  for (const auto& entry : view.snapshot->pools) {
    json::object pool;
    pool["name"] = text(entry.pool->name());
    json::array servers;
    for (const auto& member : entry.pool->members())
      servers.push_back(server_status(view, member));
    pool["servers"] = std::move(servers);
    pools.push_back(std::move(pool));
  }
  all["pools"] = std::move(pools);
  return all;
}

std::string status_text(const json::object& status) {
  std::string out = "winrm-lb " + cell(status, "version") + ", up " +
                    duration_text(status.at("uptime_seconds").to_number<std::int64_t>()) + ", " +
                    cell(status, "workers") + " workers, " + cell(status, "sessions") + " of at most " +
                    cell(status, "sessions_at_most") + " sessions" +
                    (status.at("draining").as_bool() ? ", stopping" : "") + "\n";
  out += "configuration " + cell(status, "config_file") + ", revision " + cell(status, "revision") + "\n";
  if (const auto* reload = status.if_contains("last_reload"); reload && !reload->at("succeeded").as_bool()) {
    out += "the last reload at " + cell(reload->as_object(), "at") +
           " failed, the old configuration goes on:\n" + cell(reload->as_object(), "error") + "\n";
  }
  std::vector<std::vector<std::string>> rows = {{"LISTENER", "BIND", "TLS", "POOL", "CHANNEL BINDING"}};
  for (const auto& entry : status.at("listeners").as_array()) {
    const auto& listener = entry.as_object();
    rows.push_back({cell(listener, "name"), cell(listener, "bind"),
                    listener.at("tls").as_bool() ? "yes" : "no", cell(listener, "pool"),
                    binding_text(listener)});
  }
  out += "\n" + text_table(rows);
  for (const auto& entry : status.at("pools").as_array()) {
    const auto& pool = entry.as_object();
    out += "\npool " + cell(pool, "name") + "\n";
    rows = {
        {"SERVER", "HOST", "STATE", "SINCE", "MODE", "CLIENTS", "SESSIONS", "WEIGHT", "LAST CHECKS", "WHY"}};
    for (const auto& one : pool.at("servers").as_array()) {
      const auto& server = one.as_object();
      const auto* since = server.if_contains("since_seconds");
      rows.push_back({cell(server, "name"), cell(server, "host"), cell(server, "state"),
                      since ? duration_text(since->to_number<std::int64_t>()) : "-", cell(server, "mode"),
                      cell(server, "clients"), cell(server, "sessions"), cell(server, "weight"),
                      checks_text(server), cell(server, "why")});
    }
    out += text_table(rows);
  }
  return out;
}

namespace {

Error refuse(std::string what) { return {ErrorCode::Config, Side::Local, std::move(what)}; }

std::string given(const json::object& request, const char* key) {
  const auto* value = request.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

struct Routed {
  const proxy::PoolEntry* pool = nullptr;
  std::string route;  // that led there; empty: the pool was asked for, or is the only one
};

// The pool that is asked for, or to which the listener and its routes lead.
Result<Routed> routed(const View& view, const json::object& request, const IpAddress& client) {
  const auto& snapshot = *view.snapshot;
  if (const auto listener = given(request, "listener"); !listener.empty()) {
    const auto found =
        std::find_if(snapshot.listeners.begin(), snapshot.listeners.end(),
                     [&](const auto& candidate) { return candidate.settings.name == listener; });
    if (found == snapshot.listeners.end()) return refuse("there is no listener " + listener);
    const std::string sni = given(request, "sni");
    const std::string host = given(request, "host");
    const std::string path = given(request, "path");
    const std::string resource = given(request, "resource");
    const std::string user = given(request, "user");
    const proxy::RouteFacts facts{listener, sni, host, client, path, resource, user};
    const auto& routes = snapshot.settings.routes;
    const auto taken = proxy::first_route(routes, facts);
    return Routed{&snapshot.pools[snapshot.pool_of(*found, facts)],
                  taken ? proxy::describe_route(routes, *taken) : "no route holds: the listener's pool"};
  }
  if (const auto name = given(request, "pool"); !name.empty()) {
    const auto* entry = snapshot.pool(name);
    if (!entry) return refuse("there is no pool " + name);
    return Routed{entry, {}};
  }
  if (snapshot.pools.size() == 1) return Routed{&snapshot.pools.front(), {}};
  return refuse("there is more than one pool; say which, or by which listener the client comes");
}

}  // namespace

Result<json::object> explain(const View& view, const json::object& request) {
  const auto address = IpAddress::parse(given(request, "client"));
  if (!address) return refuse("explain needs the address of a client");
  auto to = routed(view, request, *address);
  if (!to) return refuse(to.error().detail);
  const auto* entry = to->pool;
  const auto named = given(request, "shell");
  const auto shell = Uuid::parse(named);
  if (!named.empty() && !shell) return refuse("a shell is named by its id, a UUID");
  const auto explanation = entry->pool->explain(
      {.client = entry->pool->client_of(*address), .bound = {}, .pinned = {}}, view.now, shell);
  json::object answer;
  answer["client"] = text(address->text());
  answer["pool"] = text(entry->pool->name());
  if (!to->route.empty()) answer["route"] = text(to->route);
  answer["reason"] = text(balance::name_of(explanation.choice.reason));
  if (explanation.choice.server)
    answer["server"] = text(entry->pool->member(*explanation.choice.server)->state->name);
  answer["text"] = text(explanation.text);
  return answer;
}

}  // namespace winrmlb::admin
