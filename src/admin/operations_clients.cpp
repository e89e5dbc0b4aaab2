// Operations on client addresses: where they are, and where they would go.
#include <algorithm>

#include <boost/json/array.hpp>

#include "json_text.h"
#include "operations.h"
#include "winrmlb/admin/explain.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 100;

std::string name_of_server(const balance::Pool& pool, ServerId id) {
  const auto state = pool.affinity().server(id);
  return state ? state->name : std::string();
}

json::object client_row(const View& view, const balance::Pool& pool, const balance::AffinityTable::Row& row) {
  json::object client;
  client["client"] = text(row.client.text());
  client["pool"] = text(pool.name());
  client["server"] = text(name_of_server(pool, row.entry.server));
  client["sessions"] = row.sessions;
  client["shells"] = row.shells;
  client["sessions_elsewhere"] = row.sessions_elsewhere;
  client["shells_elsewhere"] = row.shells_elsewhere;
  client["since_seconds"] = seconds_between(row.since, view.now);
  client["last_used_seconds"] = seconds_between(row.last_used, view.now);
  client["holds"] = row.entry.holds;
  if (row.entry.home) client["home"] = text(name_of_server(pool, *row.entry.home));
  if (const auto pinned = pool.client_pins().of(row.client))
    client["pinned_to"] = text(name_of_server(pool, *pinned));
  return client;
}

ApiAnswer clients(const Call& call) {
  const auto view = call.verbs().view();
  const auto pool = find_pool(view, call.text("pool"));
  if (!pool) return problem_of(pool.error());
  std::optional<ServerId> server;
  if (call.has("server")) {
    const auto found = find_server(view, (*pool)->name(), call.text("server"));
    if (!found) return problem_of(found.error());
    server = found->member.state->id;
  }
  auto rows = (*pool)->affinity().snapshot(view.now);
  if (server) std::erase_if(rows, [&](const auto& row) { return row.entry.server != *server; });
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.client < b.client; });
  const auto limit = static_cast<std::size_t>(call.number("limit").value_or(kPage));
  auto from = rows.begin();
  if (call.has("after")) {
    const auto after = IpAddress::parse(call.text("after"));
    if (!after) return problem(400, "after is the `next` of another page: an address");
    from = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.client.ip() > *after; });
  }
  const auto to = from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(limit, rows.end() - from));
  json::array page;
  for (auto row = from; row != to; ++row)
    page.push_back(client_row(view, **pool, *row));
  json::object answer{{"pool", text((*pool)->name())}, {"total", rows.size()}, {"clients", std::move(page)}};
  if (to != rows.end()) answer["next"] = text((to - 1)->client.text());
  return json_answer(answer);
}

struct AddressOfPool {
  std::shared_ptr<balance::Pool> pool;
  ClientAddress client;
};

Result<AddressOfPool> address_of(const Call& call, const View& view) {
  const auto pool = find_pool(view, call.text("pool"));
  if (!pool) return pool.error();
  return AddressOfPool{*pool, (*pool)->client_of(*call.address("client"))};
}

ApiAnswer client_answer(const Call& call, const AddressOfPool& of) {
  const auto view = call.verbs().view();
  const auto row = of.pool->affinity().find(of.client, view.now);
  if (!row) return problem(404, of.client.text() + " has no entry in pool " + of.pool->name());
  return json_answer(client_row(view, *of.pool, *row));
}

ApiAnswer one_client(const Call& call) {
  const auto of = address_of(call, call.verbs().view());
  return of ? client_answer(call, *of) : problem_of(of.error());
}

ApiAnswer forget(const Call& call) {
  const auto view = call.verbs().view();
  const auto of = address_of(call, view);
  if (!of) return problem_of(of.error());
  switch (of->pool->forget(of->client, view.now)) {
    case balance::AffinityTable::Forgotten::Yes:
      break;
    case balance::AffinityTable::Forgotten::Unknown:
      return problem(404, of->client.text() + " has no entry in pool " + of->pool->name());
    case balance::AffinityTable::Forgotten::Busy:
      return problem(409, of->client.text() +
                              " has sessions or shells, which would lose their place; end its sessions first "
                              "(kick), or pin it to another server");
  }
  return json_answer(
      {{"pool", text(of->pool->name())}, {"client", text(of->client.text())}, {"forgotten", true}});
}

ApiAnswer pin(const Call& call) {
  const auto view = call.verbs().view();
  const auto of = address_of(call, view);
  if (!of) return problem_of(of.error());
  const auto found = find_server(view, of->pool->name(), call.text("server"));
  if (!found) return problem_of(found.error());
  if (!of->pool->pin(of->client, found->member.state->id, view.now))
    return problem(503,
                   "there are " + std::to_string(balance::ClientPins::kMost) + " pinned addresses already");
  return client_answer(call, *of);
}

Question question_of(const Call& call) {
  return {.client = call.address("client"),
          .pool = call.text("pool") == kAnyPool ? std::string() : call.text("pool"),
          .listener = call.text("listener"),
          .sni = call.text("sni"),
          .host = call.text("host"),
          .path = call.text("path"),
          .resource = call.text("resource"),
          .user = call.text("user"),
          .shell = call.text("shell"),
          .creates_shell = call.flag("create"),
          .session = {}};
}

ApiAnswer explained(const View& view, const Question& question) {
  const auto answer = explain(view, question);
  return answer ? json_answer(*answer) : problem_of(answer.error());
}

void explain_call(const Call& call, const Answer& answer) {
  auto question = question_of(call);
  if (!call.has("session")) return answer(explained(call.verbs().view(), question));
  const auto id = parse_session(call.text("session"));
  if (!id)
    return answer(problem(400, "a session is named by its id, as the log and GET /api/v1/sessions do"));
  const SessionQuery query{.filter = {.id = id}, .after = {}, .limit = 1};
  call.verbs().sessions(query, [&verbs = call.verbs(), question, answer](const SessionPage& page) mutable {
    if (page.rows.empty()) return answer(problem(404, "there is no such session, or it has ended"));
    question.session = page.rows.front();
    answer(explained(verbs.view(), question));
  });
}

}  // namespace

void add_client_operations(std::vector<Operation>& all) {
  using In = Parameter::In;
  using Need = Parameter::Need;
  const Parameter pool = pool_in_path();
  const Parameter client = client_in_path();
  const Parameter on_server{.name = "server", .in = In::Query, .help = "only those that are at this server"};
  const Parameter to_server{.name = "server",
                            .in = In::Body,
                            .need = Need::Required,
                            .help = "where the address belongs from now on"};
  const auto asked = [](std::string_view name, std::string_view help,
                        Parameter::Kind kind = Parameter::Kind::Text) {
    return Parameter{.name = name, .in = In::Query, .kind = kind, .help = help};
  };
  all.push_back({"GET",
                 "/api/v1/pools/{pool}/clients",
                 "clients",
                 Access::Read,
                 "Which client address is at which server (affinity).",
                 "Clients",
                 {pool, on_server, page_limit(), page_after()},
                 at_once(clients)});
  all.push_back({"GET",
                 "/api/v1/pools/{pool}/clients/{client}",
                 "client",
                 Access::Read,
                 "Where a client address is.",
                 "Client",
                 {pool, client},
                 at_once(one_client)});
  all.push_back({"DELETE",
                 "/api/v1/pools/{pool}/clients/{client}",
                 "forget",
                 Access::Change,
                 "Forgets where a client address was, and whom it is pinned to. Not while it has sessions or "
                 "shells (409).",
                 "Forgotten",
                 {pool, client},
                 at_once(forget)});
  all.push_back({"PUT",
                 "/api/v1/pools/{pool}/clients/{client}/pin",
                 "pin",
                 Access::Change,
                 "Gives a client address to a server, until it is forgotten or the process ends; what it has "
                 "elsewhere stays there until it ends.",
                 "Client",
                 {pool, client, to_server},
                 at_once(pin)});
  all.push_back(
      {"GET",
       "/api/v1/explain",
       "explain",
       Access::Read,
       "Where a message would go, and why, by the code that routes.",
       "Explanation",
       {asked("client", "the client's address", Parameter::Kind::Address),
        asked("session", "the id of an open session that the message comes by, instead of a client"),
        asked("pool", "the pool, if there is more than one"),
        asked("listener", "by which listener it comes: then its routes count"),
        asked("sni", "with listener: the name that its TLS asks for"),
        asked("host", "with listener: its Host field"),
        asked("path", "with listener: the path of its request"),
        asked("resource", "with listener: its resource URI"), asked("user", "the user of its login"),
        asked("shell", "the id of the shell that it names"),
        asked("create", "whether it asks for a new shell", Parameter::Kind::Flag)},
       explain_call});
}

}  // namespace winrmlb::admin
