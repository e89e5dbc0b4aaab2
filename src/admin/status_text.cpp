// The text of `winrm-lb status`, made from the JSON.
#include <algorithm>
#include <map>

#include "winrmlb/admin/status.h"
#include "winrmlb/admin/text.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

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

// How far down exchanges have been seen; in brackets what the configuration lets expect, until the first.
std::string seen_text(const json::object& listener) {
  std::string out;
  for (const auto& tier : listener.at("seen").as_array())
    out += (out.empty() ? "" : ",") + std::string(tier.as_string());
  return out.empty() ? "(" + cell(listener, "visibility") + ")" : out;
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

// The one that ends first.
std::string certificates_text(const json::object& listener) {
  const auto* certificates = listener.if_contains("certificates");
  if (!certificates || certificates->as_array().empty()) return "-";
  std::int64_t left = INT64_MAX;
  for (const auto& certificate : certificates->as_array())
    left = std::min(left, certificate.as_object().at("days_left").to_number<std::int64_t>());
  return left < 0 ? "has ended" : "ends in " + std::to_string(left) + (left == 1 ? " day" : " days");
}

}  // namespace

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
  std::vector<std::vector<std::string>> rows = {
      {"LISTENER", "BIND", "TLS", "POOL", "SEES", "CERTIFICATE", "CHANNEL BINDING"}};
  for (const auto& entry : status.at("listeners").as_array()) {
    const auto& listener = entry.as_object();
    const char* tls = listener.at("passthrough").as_bool() ? "relayed"
                      : listener.at("tls").as_bool()       ? "yes"
                                                           : "no";
    rows.push_back({cell(listener, "name"), cell(listener, "bind"), tls, cell(listener, "pool"),
                    seen_text(listener), certificates_text(listener), binding_text(listener)});
  }
  out += "\n" + table(rows);
  for (const auto& entry : status.at("pools").as_array()) {
    const auto& pool = entry.as_object();
    out += "\npool " + cell(pool, "name") + "\n";
    rows = {{"SERVER", "HOST", "STATE", "SINCE", "MODE", "CLIENTS", "SESSIONS", "SHELLS", "WEIGHT",
             "LAST CHECKS", "WHY"}};
    for (const auto& one : pool.at("servers").as_array()) {
      const auto& server = one.as_object();
      const auto* since = server.if_contains("since_seconds");
      rows.push_back({cell(server, "name"), cell(server, "host"), cell(server, "state"),
                      since ? duration_text(since->to_number<std::int64_t>()) : "-", cell(server, "mode"),
                      cell(server, "clients"), cell(server, "sessions"), cell(server, "shells"),
                      cell(server, "weight"), checks_text(server), cell(server, "why")});
    }
    out += table(rows);
  }
  return out;
}

}  // namespace winrmlb::admin
