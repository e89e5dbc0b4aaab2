// View: the state of the process as admin shows it, and the verbs that admin may ask app for.
//
// Gathered by app on the control thread each time somebody asks; admin's servers run there too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "winrmlb/admin/drain.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/health/watch.h"
#include "winrmlb/proxy/counters.h"
#include "winrmlb/proxy/snapshot.h"

namespace winrmlb::admin {

struct View {
  std::string version;
  TimePoint now{};
  TimePoint started{};
  WallTime started_wall{};
  std::string config_file;
  std::shared_ptr<const proxy::Snapshot> snapshot;
  std::vector<const proxy::Counters*> workers;  // each written by its own thread
  std::vector<health::Report> health;
  std::vector<Endpoint> bound;  // of snapshot->listeners, in their order, with the real ports
  std::uint32_t open_sessions = 0;
  std::uint32_t most_sessions = 0;
  bool draining = false;
  // The last reload.
  bool reload_succeeded = true;
  WallTime reloaded{};
  std::string reload_error;
  std::uint64_t reloads_succeeded = 0;
  std::uint64_t reloads_failed = 0;
  // Lines that a full queue or a failing disk has cost.
  std::uint64_t log_lines_dropped = 0;
  std::uint64_t access_lines_dropped = 0;
};

struct Verbs {
  std::function<View()> view;
  std::function<Status()> reload;  // an error says what is wrong; the old configuration goes on
  /// Drain, ready, maintenance; an error says what there is not.
  std::function<Status(const ModeChange&)> change_mode;
  std::function<Result<DrainView>(const ModeChange&)> drain;  // how far it is; the mode does not matter
};

}  // namespace winrmlb::admin
