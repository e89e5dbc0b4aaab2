#include "admin/admin_support.h"

#include <algorithm>
#include <latch>
#include <set>

#include <boost/asio/post.hpp>
#include <boost/json/serialize.hpp>

#include "winrmlb/admin/shapes.h"

namespace winrmlb::admin {

Farm::Farm(std::size_t pools, std::size_t servers, std::size_t workers) {
  ServerId next(1);
  snapshot_->revision = 3;
  for (std::size_t p = 0; p < pools; ++p) {
    config::Pool settings;
    settings.name = p == 0 ? "teams" : "teams" + std::to_string(p + 1);
    for (std::size_t i = 1; i <= servers; ++i) {
      const auto number = std::to_string(i);
      settings.servers.push_back(
          {.name = "ps" + number, .host = "10.0." + std::to_string(p) + ".1" + number});
    }
    proxy::PoolEntry entry;
    entry.pool =
        std::make_shared<balance::Pool>(PoolId(static_cast<std::uint16_t>(p)), settings, 1000, nullptr, next);
    entry.traffic = std::make_shared<proxy::PerWorker<proxy::PoolTraffic>>(workers);
    for (const auto& member : entry.pool->members()) {
      entry.server_traffic.push_back(std::make_shared<proxy::PerWorker<proxy::ServerTraffic>>(workers));
      member.state->fitness = balance::Fitness::Up;
    }
    snapshot_->pools.push_back(std::move(entry));
  }
  for (std::size_t i = 0; i < workers; ++i)
    counters_.push_back(std::make_unique<proxy::Counters>());
  snapshot_->listeners.push_back(
      {.id = ListenerId(0),
       .settings = {.name = "plain", .bind = *Endpoint::parse("0.0.0.0:5985"), .pool = "teams"}});
}

View Farm::view() const {
  View view;
  view.version = "1.2.3";
  view.now = TimePoint{} + seconds(3700);
  view.wall = WallTime{} + std::chrono::hours(24 * 365 * 50);
  view.config_file = "/etc/winrm-lb/winrm-lb.yaml";
  view.snapshot = snapshot_;
  for (const auto& worker : counters_)
    view.workers.push_back(worker.get());
  for (const auto& entry : snapshot_->pools) {
    for (const auto& member : entry.pool->members()) {
      health::Report report{
          .server = member.state->id, .fitness = member.state->fitness, .why = "its check passed"};
      report.checks.push_back({.name = "identify", .fitness = balance::Fitness::Up});
      report.certificate_ends_in = seconds(86400);
      view.health.push_back(std::move(report));
    }
  }
  view.bound = {*Endpoint::parse("0.0.0.0:5985")};
  view.most_sessions = 9000;
  return view;
}

Verbs Desk::verbs() {
  return {.view = [this] { return farm.view(); },
          .reload = [this]() -> Status {
            if (reload_error.empty()) return Done{};
            return Error{ErrorCode::Config, Side::Local, reload_error};
          },
          .change_mode = [this](const ModeChange& change) -> Status {
            modes.push_back(change);
            farm.server(change.server).mode = change.mode;
            return Done{};
          },
          .drain = [this](const ModeChange& of) -> Result<DrainView> {
            DrainView view;
            view.pool = of.pool;
            view.server = of.server;
            view.mode = farm.server(of.server).mode;
            return view;
          },
          .sessions =
              [this](const SessionQuery& query, const std::function<void(SessionPage)>& answer) {
                SessionPage page;
                for (const auto& row : sessions) {
                  if (query.filter.id && row.id != *query.filter.id) continue;
                  ++page.matching;
                  if (row.id > query.after) page.rows.push_back(row);
                }
                page.more = page.rows.size() > query.limit;
                if (page.more) page.rows.resize(query.limit);
                answer(page);
              },
          .kick =
              [this](const proxy::SessionFilter& filter, Kick how,
                     const std::function<void(std::size_t)>& answer) {
                kicks.emplace_back(filter, how);
                answer(sessions.size());
              },
          .log_level = [this] { return level; },
          .set_log_level = [this](telemetry::Level to) { level = to; },
          .history = [this]() -> const History& { return history; },
          .note_change = [this](const Change& change) { changes.push_back(change); }};
}

namespace json = boost::json;

namespace {

bool is_of(const json::value& value, Member::Type type) {
  switch (type) {
    case Member::Type::Text:
      return value.is_string();
    case Member::Type::Time:
      return value.is_string() &&
             value.get_string().size() == std::string_view("2026-01-31T12:00:00Z").size() &&
             value.get_string().back() == 'Z';
    case Member::Type::Integer:
      return value.is_int64() || value.is_uint64();
    case Member::Type::Boolean:
      return value.is_bool();
    case Member::Type::Texts:
    case Member::Type::Object:
      return value.is_object();
  }
  return false;
}

std::string misfit_of(const json::value& value, const Member& member) {
  const std::string name(member.name);
  if (member.many == Member::Many::One) {
    if (!is_of(value, member.type)) return name + " is " + json::serialize(value);
    const auto inner =
        member.type == Member::Type::Object ? admin::misfit(value, member.shape) : std::string();
    return inner.empty() ? inner : name + "." + inner;
  }
  if (!value.is_array()) return name + " is no list";
  auto one = member;
  one.many = Member::Many::One;
  for (const auto& item : value.get_array()) {
    if (item.is_null() && member.many == Member::Many::ListWithGaps) continue;
    if (auto inner = misfit_of(item, one); !inner.empty()) return inner;
  }
  return {};
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts(1);
  for (const char c : path.substr(0, path.find('?'))) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

std::string misfit(const json::value& value, std::string_view shape) {
  const auto& all = shapes();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == shape; });
  if (found == all.end()) return "there is no shape " + std::string(shape);
  if (!value.is_object()) return "no object";
  std::set<std::string_view> known;
  for (const auto& member : found->members) {
    known.insert(member.name);
    const auto* given =
        value.get_object().if_contains(json::string_view(member.name.data(), member.name.size()));
    if (!given && member.need == Member::Need::Sometimes) continue;
    if (!given) return std::string(member.name) + " is missing";
    if (auto what = misfit_of(*given, member); !what.empty()) return what;
  }
  for (const auto& member : value.get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    if (!known.contains(name)) return std::string(name) + " is not in " + std::string(shape);
  }
  return {};
}

std::string_view shape_of(const std::vector<Operation>& operations, std::string_view method,
                          std::string_view target) {
  const auto given = parts_of(target);
  for (const auto& row : operations) {
    const auto wanted = parts_of(row.path);
    if (row.method != method || wanted.size() != given.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < wanted.size(); ++i)
      same = same && (wanted[i].starts_with('{') || wanted[i] == given[i]);
    if (same) return row.answer;
  }
  return {};
}

Loop::Loop() : guard_(io_.get_executor()), thread_([this] { io_.run(); }) {}

Loop::~Loop() {
  guard_.reset();
  io_.stop();
  thread_.join();
}

void Loop::run(const std::function<void()>& work) {
  std::latch done(1);
  boost::asio::post(io_, [&] {
    work();
    done.count_down();
  });
  done.wait();
}

}  // namespace winrmlb::admin
