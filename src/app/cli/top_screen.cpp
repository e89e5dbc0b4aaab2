// What `winrm-lb top` shows. Pure.
#include <algorithm>
#include <cstdio>

#include <boost/json/array.hpp>

#include "winrmlb/admin/status.h"
#include "winrmlb/admin/text.h"
#include "winrmlb/app/cli.h"

namespace winrmlb::app::cli {

namespace json = boost::json;
using admin::cell;

namespace {

std::string per_second(const json::object& before, const json::object& now, const char* total,
                       double seconds) {
  const auto value = [&](const json::object& status) {
    return status.at("totals").as_object().at(total).to_number<double>();
  };
  char buffer[32];
  const double rate = seconds > 0 ? std::max(0.0, value(now) - value(before)) / seconds : 0;
  std::snprintf(buffer, sizeof buffer, rate < 10 ? "%.1f" : "%.0f", rate);
  return buffer;
}

std::string state_of(const json::object& server) {
  const auto mode = cell(server, "mode");
  return mode == "ready" ? cell(server, "state") : cell(server, "state") + " " + mode;
}

std::string why_of(const json::object& server) {
  if (const auto* drain = server.if_contains("drain")) {
    const auto& of = drain->as_object();
    std::string text = "draining for " + admin::duration_cell(of, "draining_seconds");
    if (of.contains("deadline_in_seconds"))
      text += ", ended in " + admin::duration_cell(of, "deadline_in_seconds");
    return of.at("empty").as_bool() ? "empty" : text;
  }
  return cell(server, "why");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// As many characters as fit; not in the middle of one.
std::string cut(const std::string& line, std::size_t columns) {
  std::size_t shown = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((line[i] & 0xC0) != 0x80 && shown++ == columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

std::string top_screen(const json::object& before, const json::object& now, double seconds,
                       std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines = {
      "winrm-lb " + cell(now, "version") + "  up " + admin::duration_cell(now, "uptime_seconds") +
          "  revision " + cell(now, "revision") + (now.at("draining").as_bool() ? "  STOPPING" : ""),
      "sessions " + cell(now, "sessions") + "/" + cell(now, "sessions_at_most") + "  requests/s " +
          per_second(before, now, "requests", seconds) + "  polls/s " +
          per_second(before, now, "polls", seconds) + "  faults/s " +
          per_second(before, now, "faults", seconds) + "  errors/s " +
          per_second(before, now, "errors", seconds)};
  std::vector<std::vector<std::string>> cells = {
      {"POOL", "SERVER", "STATE", "SINCE", "WEIGHT", "CLIENTS", "SESSIONS", "SHELLS", "WHY"}};
  for (const auto& pool : now.at("pools").as_array()) {
    for (const auto& entry : pool.as_object().at("servers").as_array()) {
      const auto& server = entry.as_object();
      cells.push_back({cell(server, "pool"), cell(server, "name"), state_of(server),
                       admin::duration_cell(server, "since_seconds"), cell(server, "weight"),
                       cell(server, "clients"), cell(server, "sessions"), cell(server, "shells"),
                       why_of(server)});
    }
  }
  lines.emplace_back();
  for (auto& line : lines_of(admin::table(cells)))
    lines.push_back(std::move(line));
  if (rows > 4 && lines.size() > rows - 1) {
    const auto hidden = lines.size() - (rows - 2);
    lines.resize(rows - 2);
    lines.push_back("  … and " + std::to_string(hidden) + " more; a higher terminal shows them");
  }
  lines.resize(std::max(lines.size(), rows - 1));
  lines.push_back("q ends");
  std::string screen;
  for (std::size_t i = 0; i < lines.size(); ++i)
    screen += (i == 0 ? "" : "\n") + cut(lines[i], columns);
  return screen;
}

}  // namespace winrmlb::app::cli
