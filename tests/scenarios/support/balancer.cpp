#include "scenarios/support/balancer.h"

#include <chrono>
#include <csignal>
#include <latch>
#include <sstream>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

#include "winrmlb/app/log_options.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::scenarios {

using balance::Fitness;

config::Settings settings_for(const std::vector<Endpoint>& servers, std::uint16_t workers) {
  config::Settings settings;
  settings.workers = workers;
  settings.listeners.push_back({.name = "plain", .bind = *Endpoint::parse("127.0.0.1:0"), .pool = "teams"});
  settings.listeners.front().methods = config::Methods::Any;
  settings.listeners.front().paths = {"/"};
  config::Pool pool;
  pool.name = "teams";
  for (const auto& server : servers) {
    config::Server entry;
    entry.name = "s" + std::to_string(pool.servers.size() + 1);
    entry.host = server.address.text();
    entry.port = entry.tls_port = server.port;
    pool.servers.push_back(entry);
  }
  pool.health.probe = {config::Probe::Tcp};  // scripted servers know no checks but this one
  pool.health.interval = milliseconds(250);
  settings.pools.push_back(pool);
  settings.admin.socket.clear();
  return settings;
}

namespace {
config::Settings logging_into(config::Settings settings, const Scratch& scratch) {
  settings.log.file = scratch.path("log");
  settings.log.access_file = scratch.path("access");
  return settings;
}
}  // namespace

TestBalancer::TestBalancer(config::Settings settings)
    : settings_(logging_into(std::move(settings), scratch_)),
      log_(app::log_options(settings_.log)),
      access_sink_(app::access_options(settings_.log)),
      login_guard_(settings_.login_guard),
      poller_(io_),
      wheel_(net::now()),
      aside_(io_),
      farm_(io_, log_, poller_, wheel_, workers_, aside_,
            [this] {
              const std::lock_guard lock(mutex_);
              changed_.notify_all();
            }),
      ticker_(io_) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  bind();
  for (auto& worker : workers_)
    worker->start();
  tick();
  farm_.adopt(snapshot_);
  control_ = std::thread([this] { io_.run(); });
  std::unique_lock lock(mutex_);
  const bool checked = changed_.wait_for(lock, std::chrono::seconds(10), [this] {
    for (const auto& entry : snapshot_->pools) {
      for (const auto& member : entry.pool->members()) {
        const auto fitness = member.state->fitness.load();
        if (fitness != Fitness::Up && fitness != Fitness::Down) return false;
      }
    }
    return true;
  });
  EXPECT_TRUE(checked) << "health has not come to a verdict";
}

// The ports first, since a listener is known by the address it is bound to.
void TestBalancer::bind() {
  const std::size_t workers = settings_.workers;
  for (auto& listener : settings_.listeners) {
    auto sockets = net::listen_on(listener.bind, workers);
    ASSERT_TRUE(sockets) << sockets.error().detail;
    listener.bind = sockets->bound;
    listening_.push_back(std::move(*sockets));
  }
  auto built = builder_.build(settings_, nullptr);
  ASSERT_TRUE(built) << built.error().detail;
  snapshot_ = *built;
  const std::uint32_t most = settings_.limits.sessions == 0 ? 10'000 : settings_.limits.sessions;
  for (std::size_t i = 0; i < workers; ++i) {
    app::Worker::Lent lent{
        .log = log_,
        .access_sink = access_sink_,
        .login_guard = login_guard_,
        .open_sessions = open_sessions_,
        .most_sessions = most,
        .report_connect_failure = [this](ServerId server,
                                         ErrorCode code) { farm_.report_connect_failure(server, code); },
        .report_passive = [this](ServerId server, health::PassiveSignal signal,
                                 const Uuid& shell) { farm_.report_passive(server, signal, shell); }};
    workers_.push_back(
        std::make_unique<app::Worker>(static_cast<std::uint16_t>(i), std::move(lent), snapshot_));
    for (std::size_t l = 0; l < listening_.size(); ++l)
      workers_.back()->listen(snapshot_->listeners[l].id, std::move(listening_[l].sockets[i]));
  }
}

TestBalancer::~TestBalancer() { join(Cut::Yes); }

void TestBalancer::tick() {
  wheel_.advance(net::now());
  farm_.tick(net::now());
  for (auto& worker : workers_) {
    if (cutting_) worker->cut();
  }
  if (ending_ && farm_.stopped()) return poller_.stop();
  ticker_.expires_after(net::TimerWheel::kTick);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void TestBalancer::on_control(const std::function<void()>& work) {
  std::latch done(1);
  boost::asio::post(io_, [&] {
    work();
    done.count_down();
  });
  done.wait();
}

void TestBalancer::on_each_worker(const std::function<void(app::Worker&)>& work) {
  for (auto& worker : workers_) {
    std::latch done(1);
    const bool taken = worker->post([&](app::Worker& here) {
      work(here);
      done.count_down();
    });
    if (taken) done.wait();
  }
}

Status TestBalancer::reload(const config::Settings& settings) {
  auto built = builder_.build(settings, snapshot_.get());
  if (!built) return built.error();
  on_control([&] {
    app::SnapshotBuilder::commit(**built);
    snapshot_ = *built;
    farm_.adopt(snapshot_);
  });
  on_each_worker([&](app::Worker& worker) { worker.context().snapshot = *built; });
  settings_ = settings;
  return Done{};
}

bool TestBalancer::await(const std::string& name, Fitness fitness) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10),
                           [&] { return server(name).fitness.load() == fitness; });
}

bool TestBalancer::await(const std::function<bool()>& holds) {
  const TimePoint until = net::now() + seconds(10);
  std::unique_lock lock(mutex_);
  while (!holds() && net::now() < until)
    changed_.wait_for(lock, milliseconds(10));
  return holds();
}

std::vector<health::Report> TestBalancer::reports() {
  std::vector<health::Report> all;
  on_control([&] { all = farm_.reports(); });
  return all;
}

Status TestBalancer::change_mode(const admin::ModeChange& change) {
  Status status = Done{};
  on_control([&] { status = farm_.change_mode(change); });
  return status;
}

void TestBalancer::drain() {
  for (auto& worker : workers_)
    worker->drain();
}

void TestBalancer::join(Cut cut) {
  if (std::exchange(ended_, true)) return;
  drain();
  cutting_ = cut == Cut::Yes;
  for (auto& worker : workers_)
    worker->join();
  on_control([this] { farm_.stop(); });
  ending_ = true;
  control_.join();
}

const balance::ServerState& TestBalancer::server(const std::string& name) const {
  return *pool().member(name)->state;
}

std::uint64_t TestBalancer::count(proxy::Counter proxy::Counters::*counter) const {
  std::uint64_t all = 0;
  for (const auto& worker : workers_)
    all += (worker->counters().*counter).value();
  return all;
}

std::uint64_t TestBalancer::errors(ErrorCode code) const {
  std::uint64_t all = 0;
  for (const auto& worker : workers_)
    all += worker->counters().errors[static_cast<std::size_t>(code)].value();
  return all;
}

std::size_t TestBalancer::lent_bytes() {
  std::size_t bytes = 0;
  on_each_worker([&](app::Worker& worker) { bytes += worker.context().blocks.lent_bytes(); });
  return bytes;
}

std::vector<boost::json::object> TestBalancer::access_log() { return lines_of("exchange"); }
std::vector<boost::json::object> TestBalancer::session_log() { return lines_of("session"); }

std::vector<boost::json::object> TestBalancer::lines_of(std::string_view message) {
  join(Cut::Yes);
  access_sink_.flush();
  std::istringstream lines(scratch_.read("access"));
  std::vector<boost::json::object> all;
  for (std::string line; std::getline(lines, line);) {
    auto object = boost::json::parse(line).as_object();
    if (object["message"].as_string() == message) all.push_back(std::move(object));
  }
  return all;
}

std::string TestBalancer::log() {
  join(Cut::Yes);
  log_.flush();
  return scratch_.read("log");
}

}  // namespace winrmlb::scenarios
