#include "winrmlb/admin/history.h"

#include <boost/json/array.hpp>

#include "json_text.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

std::uint32_t grown(std::uint64_t from, std::uint64_t to) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(to - std::min(from, to), UINT32_MAX));
}

}  // namespace

void History::note(const Totals& totals, const std::vector<ServerTotals>& servers, TimePoint now,
                   WallTime wall) {
  // A thread that was kept from running does not make up for what it missed.
  next_ = now + kInterval;
  at_ = wall;
  intervals_.push_back({.requests = grown(before_.requests, totals.requests),
                        .polls = grown(before_.polls, totals.polls),
                        .faults = grown(before_.faults, totals.faults),
                        .errors = grown(before_.errors, totals.errors),
                        .sessions = totals.sessions,
                        .shells = totals.shells});
  before_ = totals;
  if (intervals_.size() > kIntervals) intervals_.pop_front();
  for (auto& [id, line] : servers_)
    line.seen = false;
  for (const auto& server : servers) {
    auto& line = servers_[server.id];
    line.pool = server.pool;
    line.server = server.server;
    line.seen = true;
    line.values.push_back({grown(line.requests, server.requests), grown(line.faults, server.faults),
                           server.sessions, server.shells, server.clients});
    line.requests = server.requests;
    line.faults = server.faults;
    if (line.values.size() > kIntervals) line.values.pop_front();
  }
  std::erase_if(servers_, [](const auto& entry) { return !entry.second.seen; });
}

void History::note(ServerChange change) {
  changes_.push_back(std::move(change));
  if (changes_.size() > kChanges) changes_.pop_front();
}

json::object to_json(const ServerChange& change) {
  return {{"at", utc(change.at)},      {"pool", text(change.pool)}, {"server", text(change.server)},
          {"from", text(change.from)}, {"to", text(change.to)},     {"why", text(change.why)}};
}

json::object History::to_json() const {
  json::object all;
  all["interval_seconds"] = kInterval.count();
  all["intervals"] = intervals_.size();
  if (!intervals_.empty()) all["at"] = utc(at_);
  const auto line = [&](std::uint32_t Interval::*value) {
    json::array values;
    values.reserve(intervals_.size());
    for (const auto& interval : intervals_)
      values.emplace_back(interval.*value);
    return values;
  };
  all["requests"] = line(&Interval::requests);
  all["polls"] = line(&Interval::polls);
  all["faults"] = line(&Interval::faults);
  all["errors"] = line(&Interval::errors);
  all["sessions"] = line(&Interval::sessions);
  all["shells"] = line(&Interval::shells);
  json::array servers;
  for (const auto& [id, kept] : servers_) {
    json::object server{{"pool", text(kept.pool)}, {"server", text(kept.server)}};
    std::size_t column = 0;
    for (const auto* name : {"requests", "faults", "sessions", "shells", "clients"}) {
      json::array values(intervals_.size() - kept.values.size());  // of null: it was not there yet
      for (const auto& value : kept.values)
        values.emplace_back(value[column]);
      server[name] = std::move(values);
      ++column;
    }
    servers.push_back(std::move(server));
  }
  all["servers"] = std::move(servers);
  json::array changes;
  for (const auto& change : changes_)
    changes.push_back(admin::to_json(change));
  all["changes"] = std::move(changes);
  return all;
}

}  // namespace winrmlb::admin
