#include "winrmlb/admin/drain.h"

#include <algorithm>

#include <boost/json/array.hpp>

#include "json_text.h"
#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostHolders = 100;  // in an answer; the rest is counted
constexpr std::size_t kMostNamed = 5;      // in a line of text

std::string count_of(const json::object& of, const char* key, const char* one) {
  const auto* value = of.if_contains(key);
  const auto count = value ? value->to_number<std::int64_t>() : 0;
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

std::string held_by(const json::object& holder) {
  std::string out(holder.at("client").get_string());
  out += " (";
  const bool lives = holder.at("sessions").to_number<std::int64_t>() > 0 ||
                     holder.at("shells").to_number<std::int64_t>() > 0;
  if (lives) {
    out += count_of(holder, "sessions", "session") + ", " + count_of(holder, "shells", "shell") + ", since " +
           duration_text(holder.at("since_seconds").to_number<std::int64_t>());
  } else {
    out +=
        "sealed traffic, quiet in " + duration_text(holder.at("quiet_in_seconds").to_number<std::int64_t>());
  }
  return out + ")";
}

}  // namespace

std::string_view name_of(config::ServerMode mode) noexcept {
  switch (mode) {
    case config::ServerMode::Ready:
      return "ready";
    case config::ServerMode::Drain:
      return "drain";
    case config::ServerMode::Maintenance:
      return "maintenance";
  }
  return "unknown";
}

json::object to_json(const DrainView& view) {
  json::object out;
  out["pool"] = text(view.pool);
  out["server"] = text(view.server);
  out["mode"] = text(name_of(view.mode));
  out["empty"] = view.is_empty();
  out["sessions"] = view.sessions;
  out["shells"] = view.shells;
  out["draining_seconds"] = view.draining_for.count();
  if (view.deadline_in) out["deadline_in_seconds"] = view.deadline_in->count();
  out["sessions_cut"] = view.sessions_cut;
  out["shells_cut"] = view.shells_cut;
  out["addresses"] = view.holders.size();
  json::array holders;
  for (const auto& holder : view.holders) {
    if (holders.size() == kMostHolders) break;
    json::object one;
    one["client"] = text(holder.client.text());
    one["sessions"] = holder.sessions;
    one["shells"] = holder.shells;
    one["since_seconds"] = holder.since.count();
    one["quiet_in_seconds"] = holder.quiet_in.value_or(seconds(0)).count();
    holders.push_back(std::move(one));
  }
  out["holders"] = std::move(holders);
  return out;
}

std::string drain_text(const json::object& drain) {
  std::string out(drain.at("server").get_string());
  out += " (" + std::string(drain.at("mode").get_string()) + "): ";
  if (drain.at("empty").as_bool()) {
    out += "empty";
  } else {
    out += count_of(drain, "sessions", "session") + ", " + count_of(drain, "shells", "shell");
    const auto& holders = drain.at("holders").as_array();
    for (std::size_t i = 0; i < std::min(holders.size(), kMostNamed); ++i)
      out += (i == 0 ? ", held by " : ", ") + held_by(holders[i].as_object());
    const auto all = drain.at("addresses").to_number<std::size_t>();
    if (all > kMostNamed) out += " and " + std::to_string(all - kMostNamed) + " more";
    if (const auto* deadline = drain.if_contains("deadline_in_seconds"))
      out += "; ended in " + duration_text(deadline->to_number<std::int64_t>());
  }
  const auto cut = drain.at("sessions_cut").to_number<std::int64_t>();
  const auto shells = drain.at("shells_cut").to_number<std::int64_t>();
  if (cut + shells > 0) {
    out += "; at the deadline " + count_of(drain, "sessions_cut", "session") + " and " +
           count_of(drain, "shells_cut", "shell") + " were cut";
  }
  return out;
}

}  // namespace winrmlb::admin
