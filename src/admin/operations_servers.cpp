// Operations on pools and their servers.
#include <boost/json/array.hpp>

#include "json_text.h"
#include "operations.h"
#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace json = boost::json;
using config::ServerMode;

namespace {

constexpr std::int64_t kLongestDeadline = 30LL * 24 * 3600;

ApiAnswer all_pools(const Call& call) { return json_answer({{"pools", pools(call.verbs().view())}}); }

ApiAnswer one_pool(const Call& call) {
  const auto view = call.verbs().view();
  const auto pool = find_pool(view, call.text("pool"));
  if (!pool) return problem_of(pool.error());
  return json_answer(pool_status(view, **pool));
}

ApiAnswer one_server(const Call& call) {
  const auto view = call.verbs().view();
  const auto found = find_server(view, call.text("pool"), call.text("server"));
  if (!found) return problem_of(found.error());
  return json_answer(server_status(view, *found->pool, found->member));
}

ApiAnswer drain_answer(const Call& call, const ModeChange& of) {
  const auto drain = call.verbs().drain(of);
  return drain ? json_answer(to_json(*drain)) : problem(409, drain.error().detail);
}

std::function<void(const Call&, const Answer&)> change_mode(ServerMode mode) {
  return at_once([mode](const Call& call) {
    const auto found = find_server(call.verbs().view(), call.text("pool"), call.text("server"));
    if (!found) return problem_of(found.error());
    ModeChange change{
        .pool = found->pool->name(), .server = found->member.settings.name, .mode = mode, .deadline = {}};
    if (const auto deadline = call.number("deadline_seconds")) change.deadline = seconds(*deadline);
    if (const auto changed = call.verbs().change_mode(change); !changed)
      return problem(409, changed.error().detail);
    return drain_answer(call, change);
  });
}

ApiAnswer drain_status(const Call& call) {
  const auto found = find_server(call.verbs().view(), call.text("pool"), call.text("server"));
  if (!found) return problem_of(found.error());
  return drain_answer(call, {.pool = found->pool->name(),
                             .server = found->member.settings.name,
                             .mode = ServerMode::Drain,
                             .deadline = {}});
}

ApiAnswer set_weight(const Call& call) {
  const auto view = call.verbs().view();
  const auto found = find_server(view, call.text("pool"), call.text("server"));
  if (!found) return problem_of(found.error());
  const auto weight = call.number("weight");
  found->member.state->weight_by_command = weight ? static_cast<std::int32_t>(*weight) : -1;
  return json_answer(server_status(view, *found->pool, found->member));
}

ApiAnswer plan(const Call& call) {
  const auto view = call.verbs().view();
  const auto pool = find_pool(view, call.text("pool"));
  if (!pool) return problem_of(pool.error());
  if ((*pool)->listed_clients().empty())
    return problem(409, "pool " + (*pool)->name() +
                            " lists no clients, so that nothing is planned (assign: planned, clients: […])");
  return json_answer(plan_of(**pool));
}

}  // namespace

void add_server_operations(std::vector<Operation>& all) {
  const Parameter pool = pool_in_path();
  const Parameter server = server_in_path();
  const Parameter deadline{
      .name = "deadline_seconds",
      .in = Parameter::In::Body,
      .kind = Parameter::Kind::Number,
      .help = "what is left then is ended between exchanges; none: it may take as long as it likes",
      .least = 0,
      .most = kLongestDeadline};
  const Parameter weight{.name = "weight",
                         .in = Parameter::In::Body,
                         .kind = Parameter::Kind::Number,
                         .help = "its share of new clients, 0 for none; left out: as configured",
                         .least = 0,
                         .most = 1000};
  all.push_back({"GET",
                 "/api/v1/pools",
                 "pools",
                 Access::Read,
                 "All pools and their servers.",
                 "Pools",
                 {},
                 at_once(all_pools)});
  all.push_back({"GET",
                 "/api/v1/pools/{pool}",
                 "pool",
                 Access::Read,
                 "A pool and its servers.",
                 "Pool",
                 {pool},
                 at_once(one_pool)});
  all.push_back({"GET",
                 "/api/v1/pools/{pool}/plan",
                 "plan",
                 Access::Read,
                 "Which of the listed clients goes where, now and after each single failure.",
                 "Plan",
                 {pool},
                 at_once(plan)});
  all.push_back({"GET",
                 "/api/v1/pools/{pool}/servers/{server}",
                 "server",
                 Access::Read,
                 "A server.",
                 "Server",
                 {pool, server},
                 at_once(one_server)});
  all.push_back({"GET",
                 "/api/v1/pools/{pool}/servers/{server}/drain",
                 "drain-status",
                 Access::Read,
                 "What keeps a server from being empty.",
                 "Drain",
                 {pool, server},
                 at_once(drain_status)});
  all.push_back({"POST",
                 "/api/v1/pools/{pool}/servers/{server}/drain",
                 "drain",
                 Access::Change,
                 "Takes a server out: it keeps what lives there and takes nobody new.",
                 "Drain",
                 {pool, server, deadline},
                 change_mode(ServerMode::Drain)});
  all.push_back({"POST",
                 "/api/v1/pools/{pool}/servers/{server}/ready",
                 "ready",
                 Access::Change,
                 "Brings a server back into service, with a slow start.",
                 "Drain",
                 {pool, server},
                 change_mode(ServerMode::Ready)});
  all.push_back({"POST",
                 "/api/v1/pools/{pool}/servers/{server}/maintenance",
                 "maintenance",
                 Access::Change,
                 "Takes a server out at once; sessions end after the exchange they are in.",
                 "Drain",
                 {pool, server},
                 change_mode(ServerMode::Maintenance)});
  all.push_back(
      {"PUT",
       "/api/v1/pools/{pool}/servers/{server}/weight",
       "weight",
       Access::Change,
       "Sets a server's share of new clients, until a reload brings another one or the process ends.",
       "Server",
       {pool, server, weight},
       at_once(set_weight)});
}

}  // namespace winrmlb::admin
