#include "winrmlb/admin/explain.h"

#include <algorithm>

#include "json_text.h"
#include "operations.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

Error refuse(std::string what) { return {ErrorCode::Config, Side::Client, std::move(what)}; }
Error none(std::string what) { return {ErrorCode::NotFound, Side::Client, std::move(what)}; }

struct Routed {
  std::shared_ptr<balance::Pool> pool;
  std::string route;  // that led there; empty: the pool was asked for, or is the only one
};

// The pool that is asked for, or to which the listener and its routes lead.
Result<Routed> routed(const View& view, const Question& question, const IpAddress& client) {
  const auto& snapshot = *view.snapshot;
  if (question.session) {
    auto pool = find_pool(view, question.session->pool);
    if (!pool) return pool.error();
    return Routed{*pool, {}};
  }
  if (!question.listener.empty()) {
    const auto found =
        std::find_if(snapshot.listeners.begin(), snapshot.listeners.end(),
                     [&](const auto& candidate) { return candidate.settings.name == question.listener; });
    if (found == snapshot.listeners.end()) return none("there is no listener " + question.listener);
    const proxy::RouteFacts facts{question.listener, question.sni,      question.host, client,
                                  question.path,     question.resource, question.user};
    const auto& routes = snapshot.settings.routes;
    const auto taken = proxy::first_route(routes, facts);
    return Routed{snapshot.pools[snapshot.pool_of(*found, facts)].pool,
                  taken ? proxy::describe_route(routes, *taken) : "no route holds: the listener's pool"};
  }
  if (question.pool.empty() && snapshot.pools.size() > 1)
    return refuse("there is more than one pool; say which, or by which listener the client comes");
  auto pool = find_pool(view, question.pool);
  if (!pool) return pool.error();
  return Routed{*pool, {}};
}

// The server that the session's login, or its sealed messages, tie it to.
std::optional<ServerId> bound_to(const balance::Pool& pool, const Question& question) {
  if (!question.session || !question.session->bound) return std::nullopt;
  const auto* member = pool.member(std::string_view(question.session->server));
  return member ? std::optional(member->state->id) : std::nullopt;
}

}  // namespace

Result<json::object> explain(const View& view, const Question& question) {
  const auto client = question.session ? std::optional(question.session->client.address) : question.client;
  if (!client) return refuse("explain needs the address of a client, or a session");
  const auto to = routed(view, question, *client);
  if (!to) return to.error();
  const auto& pool = *to->pool;
  const auto shell = Uuid::parse(question.shell);
  if (!question.shell.empty() && !shell) return refuse("a shell is named by its id, a UUID");
  const auto explanation = pool.explain({.client = pool.client_of(*client),
                                         .bound = bound_to(pool, question),
                                         .pinned = {},
                                         .creates_shell = question.creates_shell,
                                         .user = question.user},
                                        view.now, shell);
  json::object answer;
  answer["client"] = text(client->text());
  answer["pool"] = text(pool.name());
  if (!to->route.empty()) answer["route"] = text(to->route);
  answer["reason"] = text(balance::name_of(explanation.choice.reason));
  if (explanation.choice.server) {
    const auto state = pool.affinity().server(*explanation.choice.server);
    if (state) answer["server"] = text(state->name);
  }
  // What this instance does not know, another server may: then the message goes on after the first answer.
  const bool hunts = shell && !pool.shells().find(*shell, balance::PinKind::Shell) &&
                     !pool.shells().missed_lately(*shell, view.now) && explanation.choice.server &&
                     !pool.other_fit_servers(*explanation.choice.server).empty();
  answer["hunts"] = hunts;
  answer["text"] =
      text(explanation.text + (hunts ? ", so that it is looked for at the others if that one does not "
                                       "know it and the login is Basic (hunted)"
                                     : ""));
  return answer;
}

}  // namespace winrmlb::admin
