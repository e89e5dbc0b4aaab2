// A View as app gathers it, of a small farm, and a thread for admin's servers to run on.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

/// One pool "teams" with the servers ps1 and ps2, both up, and a listener.
class Farm {
 public:
  Farm();
  View view() const;
  balance::Pool& pool() { return *snapshot_->pools.front().pool; }
  balance::ServerState& server(const std::string& name) { return *pool().member(name)->state; }
  proxy::Counters& counters() { return counters_; }

 private:
  std::shared_ptr<proxy::Snapshot> snapshot_ = std::make_shared<proxy::Snapshot>();
  proxy::Counters counters_;
};

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
