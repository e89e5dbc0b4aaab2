#include "operations.h"

#include <boost/json/serialize.hpp>

#include "winrmlb/core/text.h"

namespace winrmlb::admin {

ApiAnswer json_answer(const boost::json::object& object) {
  return {.status = 200,
          .type = "application/json",
          .body = boost::json::serialize(object),
          .fields = {},
          .events = nullptr};
}

ApiAnswer text_answer(unsigned status, std::string text, std::string type) {
  return {
      .status = status, .type = std::move(type), .body = std::move(text), .fields = {}, .events = nullptr};
}

ApiAnswer problem_of(const Error& error) {
  const unsigned status = error.code == ErrorCode::NotFound ? 404
                          : error.code == ErrorCode::Config ? 400
                          : error.code == ErrorCode::Limit  ? 503
                                                            : 409;
  return problem(status, error.detail);
}

namespace {

/// "there is no pool x; there are a, b".
Error none(std::string_view what, std::string_view name, const std::vector<std::string_view>& known) {
  std::string detail = "there is no " + std::string(what) + " " + std::string(name.substr(0, 100));
  if (const auto near = nearest(name, known)) {
    detail += "; perhaps " + std::string(*near) + " was meant";
  } else if (!known.empty() && known.size() <= 10) {
    detail += known.size() == 1 ? "; there is " : "; there are ";
    for (std::size_t i = 0; i < known.size(); ++i)
      detail += (i == 0 ? "" : ", ") + std::string(known[i]);
  }
  return {ErrorCode::NotFound, Side::Client, detail};
}

}  // namespace

Result<std::shared_ptr<balance::Pool>> find_pool(const View& view, std::string_view pool) {
  const auto& pools = view.snapshot->pools;
  if (pool.empty() || pool == kAnyPool) {
    if (pools.size() == 1) return pools.front().pool;
    return Error{ErrorCode::Config, Side::Client, "there is more than one pool; say which"};
  }
  if (const auto* entry = view.snapshot->pool(pool)) return entry->pool;
  std::vector<std::string_view> known;
  for (const auto& entry : pools)
    known.push_back(entry.pool->name());
  return none("pool", pool, known);
}

Result<FoundServer> find_server(const View& view, std::string_view pool, std::string_view server) {
  std::vector<std::shared_ptr<balance::Pool>> among;
  if (pool.empty() || pool == kAnyPool) {
    for (const auto& entry : view.snapshot->pools)
      among.push_back(entry.pool);
  } else {
    auto found = find_pool(view, pool);
    if (!found) return found.error();
    among.push_back(*found);
  }
  std::optional<FoundServer> found;
  std::vector<std::string_view> known;
  for (const auto& one : among) {
    for (const auto& member : one->members()) {
      known.push_back(member.settings.name);
      if (member.settings.name != server) continue;
      if (found)
        return Error{ErrorCode::Config, Side::Client,
                     "more than one pool has a server " + std::string(server) + "; say which pool"};
      found = FoundServer{one, member};
    }
  }
  if (found) return std::move(*found);
  return none("server", server, known);
}

Parameter pool_in_path() {
  return {.name = "pool",
          .need = Parameter::Need::Required,
          .help = "the pool's name; - for the only one, or the only one that has the server"};
}

Parameter server_in_path() {
  return {.name = "server", .need = Parameter::Need::Required, .help = "the server's name"};
}

Parameter client_in_path() {
  return {.name = "client",
          .kind = Parameter::Kind::Address,
          .need = Parameter::Need::Required,
          .help = "the client's address"};
}

Parameter page_limit() {
  return {.name = "limit",
          .in = Parameter::In::Query,
          .kind = Parameter::Kind::Number,
          .help = "how many at most, 100 unless given",
          .least = 1,
          .most = 1000};
}

Parameter page_after() {
  return {.name = "after", .in = Parameter::In::Query, .help = "what the page before gave as `next`"};
}

}  // namespace winrmlb::admin
