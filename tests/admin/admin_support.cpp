#include "admin/admin_support.h"

#include <latch>

#include <boost/asio/post.hpp>

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
