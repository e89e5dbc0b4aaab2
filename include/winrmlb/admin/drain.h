// How a server is taken out of the farm and brought back: what `drain`, `ready` and `maintenance` ask for,
// and the countdown of a drain. Pure: values, JSON and text; app does it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"

namespace winrmlb::admin {

struct ModeChange {
  std::string pool;  // empty: the only one that has such a server
  std::string server;
  config::ServerMode mode = config::ServerMode::Ready;
  std::optional<seconds> deadline;  // of a drain: what is left then is ended between exchanges
};

/// What keeps a server from being empty.
struct DrainView {
  /// An address that holds on to it, and for how long.
  struct Holder {
    ClientAddress client;
    std::uint32_t sessions = 0;
    std::uint32_t shells = 0;
    seconds since{};
    std::optional<seconds> quiet_in;  // without sessions or shells: until its sealed traffic is over
  };

  std::string pool;
  std::string server;
  config::ServerMode mode = config::ServerMode::Ready;
  std::uint32_t sessions = 0;
  std::uint32_t shells = 0;
  std::vector<Holder> holders;  // those that hold most first
  seconds draining_for{};
  std::optional<seconds> deadline_in;
  std::uint32_t sessions_cut = 0;  // at the deadline
  std::uint32_t shells_cut = 0;

  bool is_empty() const noexcept { return sessions == 0 && shells == 0 && holders.empty(); }
};

std::string_view name_of(config::ServerMode mode) noexcept;

boost::json::object to_json(const DrainView& view);
/// One line: "ps1: 3 sessions, 2 shells, held by 10.0.0.7 (2 shells, 12m00s), …".
std::string drain_text(const boost::json::object& drain);

}  // namespace winrmlb::admin
