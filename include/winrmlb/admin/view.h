// View: the state of the process as admin shows it, and the verbs that admin may ask app for.
//
// Gathered by app on the control thread each time somebody asks; admin's servers run there too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/admin/drain.h"
#include "winrmlb/admin/history.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/health/watch.h"
#include "winrmlb/proxy/counters.h"
#include "winrmlb/proxy/session_row.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::admin {

struct View {
  std::string version;
  TimePoint now{};
  WallTime wall{};
  TimePoint started{};
  WallTime started_wall{};
  std::string config_file;
  std::shared_ptr<const proxy::Snapshot> snapshot;
  std::vector<const proxy::Counters*> workers;  // each written by its own thread
  std::vector<health::Report> health;
  std::vector<DrainView> drains;  // of the servers that are being emptied
  std::vector<Endpoint> bound;    // of snapshot->listeners, in their order, with the real ports
  std::uint32_t open_sessions = 0;
  std::uint32_t most_sessions = 0;
  bool draining = false;
  // The last reload.
  bool reload_succeeded = true;
  WallTime reloaded{};
  std::string reload_error;
  std::uint64_t reloads_succeeded = 0;
  std::uint64_t reloads_failed = 0;
  // What outlasts the process; none: nothing does.
  struct State {
    std::uint64_t bytes = 0;            // of the file
    std::uint64_t records_written = 0;  // that have changed, or were told again
    std::uint64_t failures = 0;         // to write
    bool failing = false;
  };
  std::optional<State> state;
  // Lines that a full queue or a failing disk has cost.
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t access_lines_dropped = 0;
};

/// Open sessions, by id; those after `after`, no more than `limit`.
struct SessionQuery {
  proxy::SessionFilter filter;
  SessionId after{};
  std::size_t limit = 0;
};
struct SessionPage {
  std::vector<proxy::SessionRow> rows;
  std::size_t matching = 0;  // of all workers, whatever the page
  bool more = false;         // after the last row
};

/// How sessions are ended by command.
enum class Kick : std::uint8_t { AfterExchange, Now };

/// Something that an operator has changed, or tried to, for the log.
struct Change {
  std::string operation;
  std::string who;
  std::string from;
  std::string target;
  std::string arguments;
  unsigned status = 0;
  std::string detail;  // why it was refused
};

struct Verbs {
  std::function<View()> view;
  std::function<Status()> reload;  // an error says what is wrong; the old configuration goes on
  /// Drain, ready, maintenance; an error says what there is not.
  std::function<Status(const ModeChange&)> change_mode;
  std::function<Result<DrainView>(const ModeChange&)> drain;  // how far it is; the mode does not matter
  // These ask the workers, so that their answer comes later.
  std::function<void(const SessionQuery&, std::function<void(SessionPage)>)> sessions;
  std::function<void(const proxy::SessionFilter&, Kick, std::function<void(std::size_t)>)> kick;
  std::function<telemetry::Level()> log_level;
  std::function<void(telemetry::Level)> set_log_level;
  std::function<const History&()> history;
  std::function<void(const Change&)> note_change;
};

}  // namespace winrmlb::admin
