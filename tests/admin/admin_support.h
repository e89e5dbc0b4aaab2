// A View as app gathers it, of a small farm, and a thread for admin's servers to run on.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/value.hpp>

#include "winrmlb/admin/api.h"
#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

/// Pools with two servers each (or more), all up, and a listener: "teams" with ps1 and ps2, "teams2" with ps1
/// and ps2, …
class Farm {
 public:
  explicit Farm(std::size_t pools = 1, std::size_t servers = 2, std::size_t workers = 1);
  View view() const;
  balance::Pool& pool() { return *snapshot_->pools.front().pool; }
  balance::ServerState& server(const std::string& name) { return *pool().member(name)->state; }
  proxy::Counters& counters() { return *counters_.front(); }
  proxy::PoolTraffic& traffic(std::size_t worker = 0) { return snapshot_->pools.front().traffic->of(worker); }
  proxy::ServerTraffic& traffic_of(const std::string& server, std::size_t worker = 0) {
    return *snapshot_->pools.front().traffic_of(pool().member(server)->state->id, worker);
  }

 private:
  std::shared_ptr<proxy::Snapshot> snapshot_ = std::make_shared<proxy::Snapshot>();
  std::vector<std::unique_ptr<proxy::Counters>> counters_;
};

/// What the Api asks of app, played by a small farm: verbs that note what they were told.
class Desk {
 public:
  Verbs verbs();
  Farm farm;
  std::string reload_error;
  std::vector<ModeChange> modes;
  std::vector<Change> changes;
  std::vector<proxy::SessionRow> sessions;
  std::vector<std::pair<proxy::SessionFilter, Kick>> kicks;
  telemetry::Level level = telemetry::Level::Info;
  History history{TimePoint{}};
};

/// In what a value is not of a shape; empty if it is.
std::string misfit(const boost::json::value& value, std::string_view shape);
/// The shape of what an operation answers; empty: no JSON, or there is no such operation.
std::string_view shape_of(const std::vector<Operation>& operations, std::string_view method,
                          std::string_view target);

/// Runs an io_context until it goes.
class Loop {
 public:
  Loop();
  ~Loop();
  boost::asio::io_context& io() noexcept { return io_; }
  /// Runs `work` there, and waits for it.
  void run(const std::function<void()>& work);

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  std::thread thread_;
};

}  // namespace winrmlb::admin
