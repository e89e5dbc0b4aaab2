#include "winrmlb/admin/api.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "dashboard.h"
#include "json_text.h"
#include "operations.h"
#include "winrmlb/core/text.h"
#include "winrmlb/http/reply.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostNamed = 200;  // characters of what a client sent, in an answer
constexpr std::string_view kDocumented = "GET /api/v1 lists what there is";

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

/// What the braces of a row's path stand for in `path`; nothing if it is another path.
std::optional<Arguments> match(std::string_view row, std::string_view path) {
  const auto wanted = segments_of(row);
  const auto given = segments_of(path);
  if (wanted.size() != given.size()) return std::nullopt;
  Arguments arguments;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].starts_with('{')) {
      if (wanted[i] != given[i]) return std::nullopt;
      continue;
    }
    auto value = percent_decoded(given[i]);
    if (!value || value->empty()) return std::nullopt;
    arguments.emplace(wanted[i].substr(1, wanted[i].size() - 2), std::move(*value));
  }
  return arguments;
}

ApiAnswer not_found(const std::vector<Operation>& operations, std::string_view path) {
  std::vector<std::string_view> paths;
  for (const auto& operation : operations)
    paths.push_back(operation.path);
  path = path.substr(0, kMostNamed);
  std::string detail = "there is nothing at " + std::string(path) + "; ";
  const auto near = nearest(path, paths);
  detail += near ? "perhaps " + std::string(*near) + " was meant" : std::string(kDocumented);
  return problem(404, detail);
}

ApiAnswer not_this_method(const std::vector<const Operation*>& rows, std::string_view method) {
  std::string allow;
  for (const auto* row : rows) {
    allow += (allow.empty() ? "" : ", ") + std::string(row->method);
    if (row->method == "GET") allow += ", HEAD";
  }
  auto answer = problem(
      405, std::string(method.substr(0, 20)) + " is nothing that can be done here; " + allow + " can");
  answer.fields.emplace_back("Allow", allow);
  return answer;
}

/// Nothing if the caller may.
std::optional<ApiAnswer> refusal(const Operation& operation, const Caller& caller) {
  const bool may = operation.access == Access::Free || caller.may == Caller::May::Change ||
                   (operation.access == Access::Read && caller.may == Caller::May::Read);
  if (may && (caller.refused.empty() || operation.access == Access::Free)) return std::nullopt;
  if (caller.proof == Caller::Proof::Socket)
    return problem(403, "this takes root, or the user that winrm-lb runs as");
  auto answer = problem(401, !caller.refused.empty()
                                 ? caller.refused
                                 : std::string("this takes a token: Authorization: Bearer … with one "
                                               "of the file at admin.token_file"));
  answer.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"winrm-lb\"");
  return answer;
}

/// Of a configuration of this process; two processes share none.
std::string etag_of(const View& view) {
  const auto started = std::chrono::duration_cast<seconds>(view.started_wall.time_since_epoch()).count();
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "\"%llu-%llx\"",
                static_cast<unsigned long long>(view.snapshot->revision),
                static_cast<unsigned long long>(started));
  return buffer;
}

bool is_met(std::string_view if_match, std::string_view etag) {
  if (if_match.empty() || trimmed(if_match) == "*") return true;
  while (!if_match.empty()) {
    const auto end = std::min(if_match.find(','), if_match.size());
    if (trimmed(if_match.substr(0, end)) == etag) return true;
    if_match.remove_prefix(std::min(end + 1, if_match.size()));
  }
  return false;
}

}  // namespace

ApiAnswer problem(unsigned status, std::string_view detail) {
  const json::object object{{"type", "about:blank"},
                            {"title", text(http::reason_phrase(static_cast<std::uint16_t>(status)))},
                            {"status", status},
                            {"detail", text(detail)}};
  return {.status = status,
          .type = "application/problem+json",
          .body = json::serialize(object),
          .fields = {},
          .events = nullptr};
}

Api::Api(Verbs verbs) : verbs_(std::move(verbs)) {
  add_process_operations(operations_);
  add_server_operations(operations_);
  add_client_operations(operations_);
  add_session_operations(operations_);
}

Api::~Api() = default;

void Api::answer(const ApiRequest& request, Answer answer) {
  const std::string_view target = request.target;
  const auto path = target.substr(0, target.find('?'));
  const auto query = path.size() == target.size() ? std::string_view() : target.substr(path.size() + 1);
  const std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);

  if (auto page = dashboard(method, path, request.if_none_match)) return answer(std::move(*page));

  const Operation* operation = nullptr;
  Arguments from_path;
  std::vector<const Operation*> same_path;
  for (const auto& row : operations_) {
    auto matched = match(row.path, path);
    if (!matched) continue;
    same_path.push_back(&row);
    if (row.method != method) continue;
    operation = &row;
    from_path = std::move(*matched);
    break;
  }
  if (!operation)
    return answer(same_path.empty() ? not_found(operations_, path) : not_this_method(same_path, method));

  if (operation->access == Access::Change) {
    answer = [this, operation, request, then = std::move(answer)](ApiAnswer done) {
      log_change(*operation, request, done);
      then(std::move(done));
    };
  }
  if (auto refused = refusal(*operation, request.caller)) return answer(std::move(*refused));
  // What monitoring asks may carry whatever its configuration adds.
  auto arguments = operation->access == Access::Free
                       ? Result<Arguments>(Arguments())
                       : read_arguments(*operation, std::move(from_path), query, request.body);
  if (!arguments) return answer(problem_of(arguments.error()));
  if (operation->access == Access::Change) {
    const auto etag = etag_of(verbs_.view());
    if (!is_met(request.if_match, etag))
      return answer(problem(412, "the configuration is another one by now: " + etag));
  }
  const Call call(verbs_, events_, operations_, std::move(*arguments));
  if (operation->access == Access::Free) return operation->handler(call, answer);
  operation->handler(call, [this, answer](ApiAnswer done) {
    if (done.status < 300) done.fields.emplace_back("ETag", etag_of(verbs_.view()));
    done.fields.emplace_back("Cache-Control", "no-store");
    answer(std::move(done));
  });
}

void Api::log_change(const Operation& operation, const ApiRequest& request, const ApiAnswer& answer) const {
  constexpr std::size_t kMostShown = 300;
  if (!verbs_.note_change) return;
  Change change{.operation = std::string(operation.name),
                .who = request.caller.who,
                .from = request.caller.from,
                .target = request.target.substr(0, kMostShown),
                .arguments = request.body.substr(0, kMostShown),
                .status = answer.status,
                .detail = {}};
  if (answer.status >= 400) {
    boost::system::error_code error;
    const auto parsed = json::parse(answer.body, error);
    if (!error && parsed.is_object())
      change.detail = std::string(parsed.get_object().at("detail").as_string()).substr(0, kMostShown);
  }
  verbs_.note_change(change);
}

}  // namespace winrmlb::admin
