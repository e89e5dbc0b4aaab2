// What operators and monitoring see of the process.
#include "winrmlb/app/control.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::app {

admin::View Control::view() const {
  admin::View view;
  view.version = WINRMLB_VERSION;
  view.now = net::now();
  view.wall = net::wall_now();
  view.started = started_;
  view.started_wall = started_wall_;
  view.config_file = options_.config_file;
  view.snapshot = snapshot_;
  for (const auto& worker : workers_)
    view.workers.push_back(&worker->counters());
  view.health = farm_.reports();
  for (const auto& listener : snapshot_->listeners)
    view.bound.push_back(bound_.at(listener.id).bound);
  view.open_sessions = open_sessions_.load();
  view.most_sessions = most_sessions_;
  view.draining = !shutdown_.serves();
  view.reload_succeeded = last_reload_.succeeded;
  view.reloaded = last_reload_.at;
  view.reload_error = last_reload_.error;
  view.reloads_succeeded = last_reload_.successes;
  view.reloads_failed = last_reload_.failures;
  if (const auto state = keeper_.counters())
    view.state =
        admin::View::State{state->bytes, state->puts + state->erases, state->failures, state->failing};
  view.log_lines_dropped = log_.dropped();
  view.access_lines_dropped = access_sink_.dropped();
  return view;
}

}  // namespace winrmlb::app
