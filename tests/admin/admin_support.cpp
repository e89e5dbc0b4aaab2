#include "admin/admin_support.h"

#include <latch>

#include <boost/asio/post.hpp>

namespace winrmlb::admin {

Farm::Farm() {
  config::Pool settings;
  settings.name = "teams";
  settings.servers = {{.name = "ps1", .host = "10.0.0.11"}, {.name = "ps2", .host = "10.0.0.12"}};
  ServerId next(1);
  snapshot_->revision = 3;
  snapshot_->pools.push_back(
      {.pool = std::make_shared<balance::Pool>(PoolId(0), settings, 1000, nullptr, next), .targets = {}});
  snapshot_->listeners.push_back(
      {.id = ListenerId(0),
       .settings = {.name = "plain", .bind = *Endpoint::parse("0.0.0.0:5985"), .pool = "teams"}});
  for (const auto* name : {"ps1", "ps2"})
    server(name).fitness = balance::Fitness::Up;
}

View Farm::view() const {
  View view;
  view.version = "1.2.3";
  view.now = TimePoint{} + seconds(3700);
  view.config_file = "/etc/winrm-lb/winrm-lb.yaml";
  view.snapshot = snapshot_;
  view.workers = {&counters_};
  for (const auto& member : snapshot_->pools.front().pool->members())
    view.health.push_back(
        {.server = member.state->id, .fitness = member.state->fitness, .why = "its check passed"});
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
