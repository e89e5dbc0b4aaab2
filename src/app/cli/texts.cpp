// Text for people, made of what the Api answers.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "winrmlb/admin/text.h"
#include "winrmlb/app/cli.h"

namespace winrmlb::app::cli {

namespace json = boost::json;
using admin::cell;
using admin::duration_cell;

namespace {

// "12 of 345 sessions; the next page: --after 1f".
std::string footer_of(const json::object& answer, std::size_t shown, const char* what) {
  const auto total = answer.at("total").to_number<std::size_t>();
  std::string text;
  if (shown != total) text += std::to_string(shown) + " of ";
  text += std::to_string(total) + " " + what + (total == 1 ? "" : "s");
  if (answer.contains("next")) text += "; the next page: --after " + cell(answer, "next");
  return text + "\n";
}

std::string flag_text(const json::object& row) {
  std::string text;
  for (const auto* name : {"bound", "sealed", "idle"}) {
    if (row.at(name).as_bool()) text += (text.empty() ? "" : ",") + std::string(name);
  }
  return text.empty() ? "-" : text;
}

// "4", or "4+1" with what is elsewhere.
std::string with_elsewhere(const json::object& row, const char* here, const char* elsewhere) {
  const auto other = cell(row, elsewhere);
  return cell(row, here) + (other == "0" ? "" : "+" + other);
}

template <typename Row>
std::string list_text(const json::object& answer, const char* rows_in, const char* what,
                      std::vector<std::string> head, Row row_of) {
  const auto& all = answer.at(rows_in).as_array();
  std::vector<std::vector<std::string>> rows = {std::move(head)};
  for (const auto& row : all)
    rows.push_back(row_of(row.as_object()));
  return (all.empty() ? std::string() : admin::table(rows)) + footer_of(answer, all.size(), what);
}

}  // namespace

std::string sessions_text(const json::object& answer) {
  return list_text(
      answer, "sessions", "session",
      {"SESSION", "CLIENT", "LISTENER", "POOL", "SERVER", "OPEN", "EXCHANGES", "LOGIN", "IS", "USER"},
      [](const json::object& row) -> std::vector<std::string> {
        return {cell(row, "session"),   cell(row, "client"), cell(row, "listener"),
                cell(row, "pool"),      cell(row, "server"), duration_cell(row, "open_seconds"),
                cell(row, "exchanges"), cell(row, "login"),  flag_text(row),
                cell(row, "user")};
      });
}

std::string shells_text(const json::object& answer) {
  return list_text(answer, "shells", "shell",
                   {"SHELL", "POOL", "SERVER", "CLIENT", "OPEN", "IDLE", "LIMIT", "RESOURCE", "USER"},
                   [](const json::object& row) -> std::vector<std::string> {
                     return {cell(row, "shell"),
                             cell(row, "pool"),
                             cell(row, "server"),
                             cell(row, "client"),
                             duration_cell(row, "since_seconds"),
                             duration_cell(row, "idle_seconds"),
                             duration_cell(row, "idle_limit_seconds"),
                             cell(row, "resource"),
                             cell(row, "user")};
                   });
}

std::string clients_text(const json::object& answer) {
  return list_text(answer, "clients", "client",
                   {"CLIENT", "SERVER", "SESSIONS", "SHELLS", "SINCE", "LAST USED", "HOME", "PINNED TO"},
                   [](const json::object& row) -> std::vector<std::string> {
                     return {cell(row, "client"),
                             cell(row, "server"),
                             with_elsewhere(row, "sessions", "sessions_elsewhere"),
                             with_elsewhere(row, "shells", "shells_elsewhere"),
                             duration_cell(row, "since_seconds"),
                             duration_cell(row, "last_used_seconds"),
                             cell(row, "home"),
                             cell(row, "pinned_to")};
                   });
}

std::string client_text(const json::object& answer) {
  std::string text = cell(answer, "client") + " is at " + cell(answer, "server");
  if (answer.contains("pinned_to")) text += ", pinned there";
  const auto sessions = cell(answer, "sessions_elsewhere");
  const auto shells = cell(answer, "shells_elsewhere");
  if (sessions != "0" || shells != "0")
    text += "; elsewhere until they end: " + sessions + " sessions, " + shells + " shells";
  return text + "\n";
}

std::string plan_text(const json::object& answer) {
  const auto places = [](const json::value& rows) {
    std::string text;
    for (const auto& row : rows.as_array())
      text += "  " + cell(row.as_object(), "client") + " -> " + cell(row.as_object(), "server") + "\n";
    return text;
  };
  std::string text = "pool " + cell(answer, "pool") + ": " + cell(answer, "clients") + " clients\n" +
                     places(answer.at("plan"));
  for (const auto& failure : answer.at("failures").as_array()) {
    const auto& without = failure.as_object();
    text += "without " + cell(without, "server") + ":\n";
    if (!without.at("served").as_bool()) text += "  no server is left\n";
    text += places(without.at("moves"));
  }
  return text;
}

std::string explain_text(const json::object& answer) {
  return (answer.contains("route") ? cell(answer, "route") + "\n" : std::string()) + cell(answer, "text") +
         "\n";
}

}  // namespace winrmlb::app::cli
