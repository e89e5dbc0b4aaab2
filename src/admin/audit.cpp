#include "winrmlb/admin/audit.h"

#include <algorithm>

#include <boost/json/array.hpp>

#include "audit_findings.h"
#include "json_text.h"
#include "winrmlb/admin/text.h"
#include "winrmlb/proxy/channel_binding.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

constexpr std::string_view kGravities[] = {"problem", "note"};

json::object finding_json(const health::Finding& finding) {
  json::object one;
  one["result"] = text(name_of(finding.evidence));
  if (!finding.detail.empty()) one["detail"] = text(finding.detail);
  return one;
}

json::object port_json(const health::PortAudit& port, WallTime at) {
  json::object one = finding_json(port.finding);
  one["port"] = port.port;
  one["tls"] = port.tls;
  one["took_ms"] = std::chrono::duration_cast<milliseconds>(port.took).count();
  json::array offers;
  for (const auto scheme : port.offers)
    offers.push_back(text(name_of(scheme)));
  one["offers"] = std::move(offers);
  if (!port.version.empty()) one["version"] = text(port.version);
  if (port.clock) one["clock_seconds"] = port.clock->count();
  if (port.certificate) {
    constexpr std::int64_t kDay = 24 * 3600;
    const auto left = std::chrono::duration_cast<seconds>(port.certificate->ends - at).count();
    one["certificate"] = {{"sha256", text(port.certificate->sha256)},
                          {"names", text(port.certificate->names)},
                          {"ends", text(utc(port.certificate->ends))},
                          {"days_left", left / kDay}};
  }
  return one;
}

json::object server_json(const health::ServerAudit& server, WallTime at) {
  json::object one;
  one["name"] = text(server.server);
  one["host"] = text(server.host);
  json::array ports;
  for (const auto& port : server.ports)
    ports.push_back(port_json(port, at));
  one["ports"] = std::move(ports);
  if (server.login) {
    one["login"] = finding_json(*server.login);
    one["login"].as_object()["user"] = text(server.user);
  }
  if (!server.version.empty()) one["version"] = text(server.version);
  if (server.config) {
    json::object config;
    for (const auto& value : server.config->values)
      config[value.name] = text(value.value);
    one["config"] = std::move(config);
  }
  return one;
}

json::array pools_json(const FarmAudit& farm) {
  json::array pools;
  for (const auto& pool : farm.snapshot.pools) {
    json::array servers;
    for (const auto& server : farm.servers) {
      if (server.pool == pool.pool->name()) servers.push_back(server_json(server, farm.at));
    }
    pools.push_back({{"name", text(pool.pool->name())}, {"servers", std::move(servers)}});
  }
  return pools;
}

json::array listeners_json(const FarmAudit& farm) {
  json::array listeners;
  for (const auto& listener : farm.snapshot.listeners) {
    json::object one;
    one["name"] = text(listener.settings.name);
    one["pool"] = text(listener.settings.pool);
    if (listener.settings.tls) {
      json::object bindings;
      const auto& pool = farm.snapshot.pools[listener.pool];
      for (const auto& member : pool.pool->members()) {
        bindings[member.settings.name] =
            text(name_of(proxy::channel_binding(listener, pool, member.settings.host)));
      }
      one["channel_binding"] = std::move(bindings);
    }
    listeners.push_back(std::move(one));
  }
  return listeners;
}

// ---- the page
// ---------------------------------------------------------------------------------------------------

std::string offers_text(const json::object& port) {
  std::string out;
  for (const auto& offer : port.at("offers").as_array())
    out += (out.empty() ? "" : " ") + std::string(offer.as_string());
  return out.empty() ? "-" : out;
}

// A row for each setting, a column for each server that told.
std::string config_text(const json::object& pool) {
  std::vector<std::vector<std::string>> rows = {{"SETTING"}};
  for (const auto& entry : pool.at("servers").as_array()) {
    const auto* config = entry.as_object().if_contains("config");
    if (!config) continue;
    rows.front().push_back(cell(entry.as_object(), "name"));
    for (const auto& [name, value] : config->as_object()) {
      const std::string setting(name);
      auto row =
          std::find_if(rows.begin() + 1, rows.end(), [&](const auto& r) { return r.front() == setting; });
      if (row == rows.end()) row = rows.insert(rows.end(), {setting});
      row->resize(rows.front().size() - 1, "-");
      row->push_back(std::string(value.as_string()));
    }
  }
  return rows.size() == 1 ? std::string() : "\n" + table(rows);
}

std::string pool_text(const json::object& pool) {
  std::vector<std::vector<std::string>> rows = {
      {"SERVER", "HOST", "PORT", "RESULT", "TOOK", "OFFERS", "CLOCK", "CERTIFICATE"}};
  for (const auto& entry : pool.at("servers").as_array()) {
    const auto& server = entry.as_object();
    for (const auto& one : server.at("ports").as_array()) {
      const auto& port = one.as_object();
      const auto* certificate = port.if_contains("certificate");
      const auto* clock = port.if_contains("clock_seconds");
      rows.push_back({cell(server, "name"), cell(server, "host"),
                      cell(port, "port") + (port.at("tls").as_bool() ? " tls" : ""), cell(port, "result"),
                      cell(port, "took_ms") + "ms", offers_text(port),
                      clock ? cell(port, "clock_seconds") + "s" : "-",
                      certificate ? cell(certificate->as_object(), "names") + ", " +
                                        cell(certificate->as_object(), "days_left") + " days left, SHA-256 " +
                                        cell(certificate->as_object(), "sha256").substr(0, 16)
                                  : "-"});
    }
  }
  std::string out = "\npool " + cell(pool, "name") + "\n" + table(rows);
  rows = {{"SERVER", "LOGIN", "VERSION"}};
  for (const auto& entry : pool.at("servers").as_array()) {
    const auto& server = entry.as_object();
    const auto* login = server.if_contains("login");
    rows.push_back(
        {cell(server, "name"),
         login ? cell(login->as_object(), "user") + ": " + cell(login->as_object(), "result") : "-",
         cell(server, "version")});
  }
  return out + "\n" + table(rows) + config_text(pool);
}

std::string findings_text(const json::object& audit) {
  std::string out;
  for (const auto& entry : audit.at("findings").as_array()) {
    const auto& finding = entry.as_object();
    out += "\n" + cell(finding, "gravity") + ":";
    for (const auto* key : {"listener", "pool", "server"}) {
      if (finding.contains(key)) out += std::string(" ") + key + " " + cell(finding, key);
    }
    out += "\n  " + cell(finding, "text") + "\n";
  }
  return out;
}

}  // namespace

json::object audit(const FarmAudit& farm) {
  json::object all;
  all["at"] = text(utc(farm.at));
  all["listeners"] = listeners_json(farm);
  all["pools"] = pools_json(farm);
  json::array findings;
  for (const auto& finding : findings_of(farm)) {
    json::object one;
    one["gravity"] = text(kGravities[static_cast<std::size_t>(finding.gravity)]);
    for (const auto& [key, value] :
         {std::pair{"listener", &finding.listener}, {"pool", &finding.pool}, {"server", &finding.server}}) {
      if (!value->empty()) one[key] = text(*value);
    }
    one["text"] = text(finding.text);
    findings.push_back(std::move(one));
  }
  all["findings"] = std::move(findings);
  all["problems"] = problems_in(all);
  return all;
}

std::size_t problems_in(const json::object& audit) {
  std::size_t count = 0;
  for (const auto& finding : audit.at("findings").as_array())
    count += cell(finding.as_object(), "gravity") == kGravities[0] ? 1 : 0;
  return count;
}

std::string audit_text(const json::object& audit) {
  std::string out = "audit of the farm, " + cell(audit, "at") + "\n";
  for (const auto& entry : audit.at("pools").as_array())
    out += pool_text(entry.as_object());
  std::vector<std::vector<std::string>> rows = {{"LISTENER", "SERVER", "CHANNEL BINDING"}};
  for (const auto& entry : audit.at("listeners").as_array()) {
    const auto& listener = entry.as_object();
    const auto* bindings = listener.if_contains("channel_binding");
    if (!bindings) continue;
    for (const auto& [server, binding] : bindings->as_object())
      rows.push_back({cell(listener, "name"), std::string(server), std::string(binding.as_string())});
  }
  if (rows.size() > 1) out += "\n" + table(rows);
  out += findings_text(audit);
  const auto count = problems_in(audit);
  return out + "\n" +
         (count == 0 ? "no problems" : std::to_string(count) + (count == 1 ? " problem" : " problems")) +
         "\n";
}

}  // namespace winrmlb::admin
