// History: the last hour as small numbers for charts, and the last changes of servers.
//
// Pure; kept by app on the control thread. A ring of intervals of ten seconds: how much was done in each, and
// how much was there at its end.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::admin {

/// Sums since the start, and what there is now.
struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t polls = 0;   // of them: waits for output, which take as long as they like
  std::uint64_t faults = 0;  // of servers; a poll that found nothing is none
  std::uint64_t errors = 0;  // exchanges that the balancer, or the loss of a side, ended
  std::uint32_t sessions = 0;
  std::uint32_t shells = 0;
};

struct ServerTotals {
  ServerId id;
  std::string pool;
  std::string server;
  std::uint64_t requests = 0;
  std::uint64_t faults = 0;
  std::uint32_t sessions = 0;
  std::uint32_t shells = 0;
  std::uint32_t clients = 0;
};

struct ServerChange {
  WallTime at;
  std::string pool;
  std::string server;
  std::string from;  // "up", or by command "ready"
  std::string to;
  std::string why;
};

class History {
 public:
  static constexpr seconds kInterval{10};
  static constexpr std::size_t kIntervals = 360;
  static constexpr std::size_t kChanges = 200;

  explicit History(TimePoint started) : next_(started + kInterval) {}

  /// Whether an interval is over, so that note() wants to be called.
  bool is_due(TimePoint now) const noexcept { return now >= next_; }
  void note(const Totals& totals, const std::vector<ServerTotals>& servers, TimePoint now, WallTime wall);
  void note(ServerChange change);

  /// Lists of equal length, the oldest first, with null where there is no knowing.
  boost::json::object to_json() const;

 private:
  struct Interval {
    std::uint32_t requests = 0;
    std::uint32_t polls = 0;
    std::uint32_t faults = 0;
    std::uint32_t errors = 0;
    std::uint32_t sessions = 0;
    std::uint32_t shells = 0;
  };
  struct ServerLine {
    std::string pool;
    std::string server;
    std::deque<std::array<std::uint32_t, 5>> values;  // requests, faults, sessions, shells, clients
    std::uint64_t requests = 0;                       // so far
    std::uint64_t faults = 0;
    bool seen = false;
  };

  TimePoint next_;
  WallTime at_{};
  Totals before_;
  std::deque<Interval> intervals_;
  std::map<ServerId, ServerLine> servers_;
  std::deque<ServerChange> changes_;
};

boost::json::object to_json(const ServerChange& change);

}  // namespace winrmlb::admin
