// Operations on sessions and shells.
#include <algorithm>
#include <charconv>

#include <boost/json/array.hpp>

#include "json_text.h"
#include "operations.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 100;

json::object session_row(const proxy::SessionRow& row, TimePoint now) {
  json::object session;
  session["session"] = text(session_text(row.id));
  session["client"] = text(row.client.text());
  session["listener"] = text(row.listener);
  session["pool"] = text(row.pool);
  if (!row.server.empty()) session["server"] = text(row.server);
  if (!row.user.empty()) session["user"] = text(row.user);
  if (!row.scheme.empty()) session["login"] = text(row.scheme);
  session["open_seconds"] = seconds_between(row.opened, now);
  session["exchanges"] = row.exchanges;
  session["request_bytes"] = row.request_bytes;
  session["response_bytes"] = row.response_bytes;
  session["bound"] = row.bound;
  session["sealed"] = row.sealed;
  session["idle"] = row.idle;
  return session;
}

Result<proxy::SessionFilter> filter_of(const Call& call, const View& view) {
  proxy::SessionFilter filter;
  if (call.has("session")) {
    filter.id = parse_session(call.text("session"));
    if (!filter.id)
      return Error{ErrorCode::Config, Side::Client, "a session is named by its id, as the log does"};
  }
  filter.client = call.address("client");
  if (call.has("server")) {
    const auto found = find_server(view, call.text("pool"), call.text("server"));
    if (!found) return found.error();
    filter.server = found->member.state->id;
    filter.pool = found->pool->id();
  } else if (call.has("pool")) {
    const auto pool = find_pool(view, call.text("pool"));
    if (!pool) return pool.error();
    filter.pool = (*pool)->id();
  }
  return filter;
}

void sessions(const Call& call, const Answer& answer) {
  const auto filter = filter_of(call, call.verbs().view());
  if (!filter) return answer(problem_of(filter.error()));
  SessionQuery query{.filter = *filter,
                     .after = {},
                     .limit = static_cast<std::size_t>(call.number("limit").value_or(kPage))};
  if (call.has("after")) {
    const auto after = parse_session(call.text("after"));
    if (!after) return answer(problem(400, "after is the `next` of another page: the id of a session"));
    query.after = *after;
  }
  call.verbs().sessions(query, [&verbs = call.verbs(), query, answer](const SessionPage& page) {
    const auto now = verbs.view().now;
    json::array rows;
    for (const auto& row : page.rows)
      rows.push_back(session_row(row, now));
    json::object all{{"total", page.matching}, {"sessions", std::move(rows)}};
    if (page.more) all["next"] = text(session_text(page.rows.back().id));
    answer(json_answer(all));
  });
}

void kick(const Call& call, const Answer& answer) {
  if (!call.has("session") && !call.has("client") && !call.has("server") && !call.has("pool"))
    return answer(problem(400, "kick needs to be told whose sessions: session, client, server or pool"));
  const auto filter = filter_of(call, call.verbs().view());
  if (!filter) return answer(problem_of(filter.error()));
  const auto how = call.flag("now") ? Kick::Now : Kick::AfterExchange;
  call.verbs().kick(*filter, how, [answer, one = call.has("session")](std::size_t kicked) {
    if (one && kicked == 0) return answer(problem(404, "there is no such session, or it has ended"));
    answer(json_answer({{"kicked", kicked}}));
  });
}

// ---- shells
// ---------------------------------------------------------------------------------------------------

struct ShellRow {
  std::shared_ptr<balance::Pool> pool;
  balance::ShellRegistry::Row row;
};

std::string id_text(const Uuid& id) { return id.is_hash() ? std::string() : id.text(); }

json::object shell_row(const ShellRow& shell, TimePoint now) {
  const auto& row = shell.row;
  json::object all;
  all["shell"] = text(id_text(row.id));
  all["pool"] = text(shell.pool->name());
  const auto state = shell.pool->affinity().server(row.server);
  all["server"] = text(state ? state->name : std::string());
  all["client"] = text(row.client.text());
  if (!row.user.empty()) all["user"] = text(row.user);
  if (!row.resource.empty()) all["resource"] = text(row.resource);
  all["since_seconds"] = seconds_between(row.since, now);
  all["idle_seconds"] = std::max<std::int64_t>(0, seconds_between(row.last_used, now));
  all["idle_limit_seconds"] = std::chrono::duration_cast<seconds>(row.idle_limit).count();
  return all;
}

Result<std::vector<ShellRow>> shells_of(const Call& call, const View& view) {
  const auto filter = filter_of(call, view);
  if (!filter) return filter.error();
  std::vector<ShellRow> all;
  for (const auto& entry : view.snapshot->pools) {
    if (filter->pool && entry.pool->id() != *filter->pool) continue;
    for (auto& row : entry.pool->shells().snapshot(view.now)) {
      if (row.kind != balance::PinKind::Shell) continue;
      if (filter->server && row.server != *filter->server) continue;
      if (filter->client && row.client != entry.pool->client_of(*filter->client)) continue;
      all.push_back({entry.pool, std::move(row)});
    }
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.row.id < b.row.id; });
  return all;
}

ApiAnswer shells(const Call& call) {
  const auto view = call.verbs().view();
  const auto all = shells_of(call, view);
  if (!all) return problem_of(all.error());
  const auto limit = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  auto from = all->begin();
  if (call.has("after")) {
    const auto after = Uuid::parse(call.text("after"));
    if (!after) return problem(400, "after is the `next` of another page: the id of a shell");
    from = std::find_if(all->begin(), all->end(), [&](const auto& shell) { return shell.row.id > *after; });
  }
  const auto to = from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(limit, all->end() - from));
  json::array page;
  for (auto shell = from; shell != to; ++shell)
    page.push_back(shell_row(*shell, view.now));
  json::object answer{{"total", all->size()}, {"shells", std::move(page)}};
  if (to != all->end()) answer["next"] = text((to - 1)->row.id.text());
  return json_answer(answer);
}

}  // namespace

// Hexadecimal, as in the log: a number of 64 bits is more than JSON's readers hold.
std::string session_text(SessionId id) {
  char buffer[17];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, id.value(), 16);
  return std::string(buffer, end.ptr);
}

std::optional<SessionId> parse_session(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return SessionId(value);
}

void add_session_operations(std::vector<Operation>& all) {
  using In = Parameter::In;
  using Kind = Parameter::Kind;
  const auto only = [](In in, std::string_view name, std::string_view help, Kind kind = Kind::Text) {
    return Parameter{.name = name, .in = in, .kind = kind, .help = help};
  };
  const auto pool = [&](In in) { return only(in, "pool", "only those of this pool"); };
  const auto server = [&](In in) { return only(in, "server", "only those at this server"); };
  const auto client = [&](In in) { return only(in, "client", "only those of this address", Kind::Address); };
  const auto session = [&](In in) { return only(in, "session", "only the one with this id"); };
  all.push_back({"GET",
                 "/api/v1/sessions",
                 "sessions",
                 Access::Read,
                 "Open sessions.",
                 "Sessions",
                 {session(In::Query), client(In::Query), server(In::Query), pool(In::Query), page_limit(),
                  page_after()},
                 sessions});
  all.push_back({"POST",
                 "/api/v1/sessions/kick",
                 "kick",
                 Access::Change,
                 "Ends sessions after the exchange that each is in, or now; needs to be told whose.",
                 "Kicked",
                 {session(In::Body), client(In::Body), server(In::Body), pool(In::Body),
                  only(In::Body, "now", "do not wait for exchanges to end", Kind::Flag)},
                 kick});
  all.push_back({"GET",
                 "/api/v1/shells",
                 "shells",
                 Access::Read,
                 "Shells that are known to live on servers: those whose messages can be read.",
                 "Shells",
                 {client(In::Query), server(In::Query), pool(In::Query), page_limit(), page_after()},
                 at_once(shells)});
}

}  // namespace winrmlb::admin
