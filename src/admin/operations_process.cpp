// Operations on the process as a whole.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "json_text.h"
#include "operations.h"
#include "winrmlb/admin/metrics.h"
#include "winrmlb/admin/shapes.h"
#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace json = boost::json;
using telemetry::Level;

namespace {

constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string_view name_of(Access access) noexcept {
  switch (access) {
    case Access::Free:
      return "free";
    case Access::Read:
      return "read";
    case Access::Change:
      return "change";
  }
  return "unknown";
}

ApiAnswer index(const Call& call) {
  json::array all;
  for (const auto& row : call.operations()) {
    all.push_back({{"name", text(row.name)},
                   {"method", text(row.method)},
                   {"path", text(row.path)},
                   {"access", text(name_of(row.access))},
                   {"help", text(row.help)}});
  }
  return json_answer({{"operations", std::move(all)}});
}

ApiAnswer version(const Call& call) {
  return json_answer({{"version", text(call.verbs().view().version)}, {"api", 1}});
}

ApiAnswer readiness(const Call& call) {
  return is_ready(call.verbs().view()) ? text_answer(200, "ready\n") : text_answer(503, "not ready\n");
}

ApiAnswer reload(const Call& call) {
  const auto reloaded = call.verbs().reload();
  if (!reloaded) return problem(422, reloaded.error().detail);
  return json_answer(configuration(call.verbs().view()));
}

ApiAnswer level_answer(const Call& call) {
  return json_answer({{"level", text(name_of(call.verbs().log_level()))}});
}

ApiAnswer set_level(const Call& call) {
  for (const auto level : {Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error}) {
    if (telemetry::name_of(level) == call.text("level")) call.verbs().set_log_level(level);
  }
  return level_answer(call);
}

ApiAnswer events(const Call& call) {
  auto subscription = call.events().subscribe();
  if (!subscription)
    return problem(503, "there are " + std::to_string(Events::kMostSubscribers) + " subscribers already");
  Events::send(*subscription, "status", status(call.verbs().view()));
  return {.status = 200, .type = "text/event-stream", .body = {}, .fields = {}, .events = subscription};
}

}  // namespace

void add_process_operations(std::vector<Operation>& all) {
  using In = Parameter::In;
  using Kind = Parameter::Kind;
  using Need = Parameter::Need;
  const Parameter level{.name = "level",
                        .in = In::Body,
                        .kind = Kind::Choice,
                        .need = Need::Required,
                        .help = "the least important lines that are written",
                        .choices = {"trace", "debug", "info", "warn", "error"}};
  all.push_back(
      {"GET", "/livez", "livez", Access::Free, "Whether the process runs.", "", {}, at_once([](const Call&) {
         return text_answer(200, "alive\n");
       })});
  all.push_back(
      {"GET",
       "/readyz",
       "readyz",
       Access::Free,
       "Whether new work should be sent here: listening, not stopping, and at least one server fit.",
       "",
       {},
       at_once(readiness)});
  all.push_back({"GET",
                 "/metrics",
                 "metrics",
                 Access::Free,
                 "Counters for Prometheus.",
                 "",
                 {},
                 at_once([](const Call& call) {
                   return text_answer(200, metrics(call.verbs().view()), std::string(kMetricsType));
                 })});
  all.push_back({"GET",
                 "/api/v1",
                 "operations",
                 Access::Read,
                 "Lists the operations.",
                 "Operations",
                 {},
                 at_once(index)});
  all.push_back({"GET",
                 "/api/v1/openapi.yaml",
                 "openapi",
                 Access::Read,
                 "This API, described (OpenAPI 3.1).",
                 "",
                 {},
                 at_once([](const Call& call) {
                   return text_answer(200, openapi(call.operations()), "application/yaml");
                 })});
  all.push_back({"GET",
                 "/api/v1/version",
                 "version",
                 Access::Read,
                 "The version of the running program.",
                 "Version",
                 {},
                 at_once(version)});
  all.push_back({"GET",
                 "/api/v1/status",
                 "status",
                 Access::Read,
                 "Listeners, pools and servers, why each is as it is, and sums of what was done.",
                 "Status",
                 {},
                 at_once([](const Call& call) { return json_answer(status(call.verbs().view())); })});
  all.push_back({"GET",
                 "/api/v1/configuration",
                 "configuration",
                 Access::Read,
                 "The configuration in force: its revision, file and last reload.",
                 "Configuration",
                 {},
                 at_once([](const Call& call) { return json_answer(configuration(call.verbs().view())); })});
  all.push_back({"POST",
                 "/api/v1/configuration/reload",
                 "reload",
                 Access::Change,
                 "Reads the configuration again, as SIGHUP does; with mistakes nothing changes (422).",
                 "Configuration",
                 {},
                 at_once(reload)});
  all.push_back({"GET",
                 "/api/v1/listeners",
                 "listeners",
                 Access::Read,
                 "Where clients are listened for, and what can be seen of their traffic there.",
                 "Listeners",
                 {},
                 at_once([](const Call& call) {
                   return json_answer({{"listeners", listeners(call.verbs().view())}});
                 })});
  all.push_back({"GET",
                 "/api/v1/certificates",
                 "certificates",
                 Access::Read,
                 "The certificates that listeners and servers show, and how long they hold.",
                 "Certificates",
                 {},
                 at_once([](const Call& call) { return json_answer(certificates(call.verbs().view())); })});
  all.push_back({"GET",
                 "/api/v1/history",
                 "history",
                 Access::Read,
                 "The last hour in intervals of ten seconds, and the last changes of servers.",
                 "History",
                 {},
                 at_once([](const Call& call) { return json_answer(call.verbs().history().to_json()); })});
  all.push_back({"GET",
                 "/api/v1/events",
                 "events",
                 Access::Read,
                 "Server-sent events: `status` each second, as GET /api/v1/status gives it; `change` when a "
                 "server changes.",
                 "",
                 {},
                 at_once(events)});
  all.push_back({"GET",
                 "/api/v1/log-level",
                 "log-level",
                 Access::Read,
                 "Which lines the log takes.",
                 "LogLevel",
                 {},
                 at_once(level_answer)});
  all.push_back({"PUT",
                 "/api/v1/log-level",
                 "set-log-level",
                 Access::Change,
                 "Sets which lines the log takes, until the next reload.",
                 "LogLevel",
                 {level},
                 at_once(set_level)});
}

}  // namespace winrmlb::admin
