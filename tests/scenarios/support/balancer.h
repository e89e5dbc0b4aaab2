// TestBalancer: the real balancer within the test: workers, health checks and snapshots as the program has
// them, on ports that the kernel chose.
//
// What the program's control thread does (ticks, health, verdicts) a thread of this class does.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/object.hpp>
#include <gtest/gtest.h>

#include "support/scratch.h"
#include "winrmlb/app/farm.h"
#include "winrmlb/app/snapshot_builder.h"
#include "winrmlb/app/worker.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/net/asio_poller.h"
#include "winrmlb/net/timer_wheel.h"

namespace winrmlb::scenarios {

/// A farm of servers s1, s2, … behind one plain listener (port 0), with short times.
config::Settings settings_for(const std::vector<Endpoint>& servers, std::uint16_t workers);

class TestBalancer {
 public:
  /// Serves when this returns, and knows which servers are up.
  explicit TestBalancer(config::Settings settings);
  ~TestBalancer();
  TestBalancer(const TestBalancer&) = delete;
  TestBalancer& operator=(const TestBalancer&) = delete;

  Endpoint endpoint(std::size_t listener = 0) const { return settings_.listeners[listener].bind; }
  const config::Settings& settings() const noexcept { return settings_; }
  /// All workers have the new settings when this returns.
  Status reload(const config::Settings& settings);
  /// False: not within ten seconds.
  bool await(const std::string& server, balance::Fitness fitness);
  bool await(const std::function<bool()>& holds);
  std::vector<health::Report> reports();
  /// As an operator's command does.
  Status change_mode(const admin::ModeChange& change);
  /// Begins no exchange any more; returns at once.
  void drain();
  /// Waits until all sessions have ended. `cut`: does not wait for exchanges.
  enum class Cut : bool { No, Yes };
  void join(Cut cut = Cut::No);

  balance::Pool& pool() const { return *snapshot_->pools.front().pool; }
  const balance::ServerState& server(const std::string& name) const;
  std::uint32_t open_sessions() const noexcept { return open_sessions_; }
  std::uint64_t count(proxy::Counter proxy::Counters::*counter) const;
  /// Of what `pick` takes from each worker's.
  template <typename Pick>
  std::uint64_t sum(Pick pick) const {
    std::uint64_t all = 0;
    for (const auto& worker : workers_)
      all += pick(worker->counters());
    return all;
  }
  std::uint64_t errors(ErrorCode code) const;
  std::uint64_t refused(balance::Refusal refusal, std::size_t listener = 0) const {
    return snapshot_->listeners[listener].admission->refused(refusal);
  }
  const balance::SeenTiers& tiers(std::size_t listener = 0) const {
    return snapshot_->listeners[listener].admission->tiers();
  }
  /// Asked of each worker on its own thread, as long as it has one.
  std::size_t lent_bytes();

  /// Ends the balancer, then what it logged.
  std::vector<boost::json::object> access_log();
  std::vector<boost::json::object> session_log();
  std::string log();

 private:
  std::vector<boost::json::object> lines_of(std::string_view message);
  void bind();
  void tick();
  void on_each_worker(const std::function<void(app::Worker&)>& work);
  void on_control(const std::function<void()>& work);

  Scratch scratch_;  // first: the settings name files in it
  config::Settings settings_;
  boost::asio::io_context io_{1};
  telemetry::Log log_;
  telemetry::AccessSink access_sink_;
  balance::LoginGuard login_guard_;
  app::SnapshotBuilder builder_{log_};
  std::shared_ptr<const proxy::Snapshot> snapshot_;
  std::vector<net::ListeningSockets> listening_;
  std::atomic<std::uint32_t> open_sessions_{0};
  std::vector<std::unique_ptr<app::Worker>> workers_;
  net::AsioPoller poller_;
  net::TimerWheel wheel_;
  app::Aside aside_;
  app::Farm farm_;
  boost::asio::steady_timer ticker_;
  std::atomic<bool> cutting_{false};
  std::atomic<bool> ending_{false};
  bool ended_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread control_;
};

/// Every scenario runs on one worker and on four.
class Scenario : public ::testing::TestWithParam<int> {
 protected:
  static std::uint16_t workers() { return static_cast<std::uint16_t>(GetParam()); }
};

inline std::string worker_name(const ::testing::TestParamInfo<int>& info) {
  return info.param == 1 ? "OneWorker" : "FourWorkers";
}

#define WINRMLB_SCENARIO(name)     \
  class name : public Scenario {}; \
  INSTANTIATE_TEST_SUITE_P(On, name, ::testing::Values(1, 4), worker_name)

}  // namespace winrmlb::scenarios
