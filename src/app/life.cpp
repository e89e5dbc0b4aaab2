// Control's beginning and end: what it takes over from the process before it, what it hands to the one after
// it, how it ends, and what the service manager is told meanwhile.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "winrmlb/app/control.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::app {

using telemetry::Level;

// ---- the beginning
// -----------------------------------------------------------------------------------------------

Status Control::receive_sockets() {
  if (options_.takeover) return options_.takeover->receive(handed_);
  return handed_.take_from_systemd();
}

Result<net::ListeningSockets> Control::listening_for(const config::Listener& listener) {
  auto handed = handed_.take(listener.name, listener.bind);
  if (!handed) return net::listen_on(listener.bind, worker_count_);
  if (listener.bind.port != 0 && handed->bound != listener.bind) {
    log_.write(
        Level::Warn, "the socket that was passed under the name of a listener has another address",
        {{"listener", listener.name}, {"bind", listener.bind.text()}, {"socket", handed->bound.text()}});
  }
  log_.write(Level::Info, "listening on sockets that were passed",
             {{"listener", listener.name},
              {"bind", handed->bound.text()},
              {"sockets", static_cast<std::int64_t>(handed->sockets.size())}});
  return std::move(*handed);
}

// From the store, unless there is a process that knows it better; it also holds the store until it has handed
// on.
Status Control::load_state() {
  if (!options_.takeover) return keeper_.load(snapshot_, net::now(), net::wall_now());
  keeper_.adopt(snapshot_);
  return Done{};
}

void Control::resume_modes() {
  for (const auto& mode : keeper_.take_modes())
    (void)farm_.change_mode(mode);
}

// What clients depend on, from the process that has accepted so far and now stands still.
Status Control::take_state() {
  for (const auto& address : handed_.drop_rest()) {
    log_.write(Level::Warn, "a socket was passed that no listener of the configuration has; it is closed",
               {{"bind", address.text()}});
  }
  if (!options_.takeover) return Done{};
  const auto state = options_.takeover->prepared();
  if (!state) return state.error();
  keeper_.take_over(*state, net::now(), net::wall_now());
  resume_modes();
  return Done{};
}

// The workers accept: from here on there is no way back.
void Control::take_over() {
  pulse_ = std::make_unique<Pulse>(workers_.size(), [this](std::size_t worker, std::function<void()> answer) {
    return workers_[worker]->post([answer = std::move(answer)](Worker&) { answer(); });
  });
  upgrade_ = std::make_unique<Upgrade>(options_.command_line, lent_to_upgrade());
  if (options_.takeover) {
    options_.takeover->serving();
    desk_->replace();
  }
  notifier_.status(service_status());
  notifier_.ready();
  std::vector<int> sockets;
  for (const auto& [id, listening] : bound_) {
    for (const auto& socket : listening.sockets)
      sockets.push_back(socket.get());
  }
  notifier_.keep_sockets(sockets);
}

// ---- to another process
// ------------------------------------------------------------------------------------------

Status Control::upgrade() {
  if (upgrade_ && shutdown_.serves()) return upgrade_->begin(net::now());
  log_.write(Level::Warn, "no upgrade: this process is starting or ending", {});
  return Error{ErrorCode::System, Side::Local, "this process is starting or ending"};
}

Upgrade::Lent Control::lent_to_upgrade() {
  return {.log = log_,
          .poller = poller_,
          .listeners =
              [this] {
                std::vector<Upgrade::Offer> offers;
                for (const auto& listener : snapshot_->listeners) {
                  auto& offer = offers.emplace_back(Upgrade::Offer{listener.settings.name, {}});
                  for (const auto& socket : bound_.at(listener.id).sockets)
                    offer.sockets.push_back(socket.get());
                }
                return offers;
              },
          .admin =
              [this] {
                const int socket = desk_->descriptor();
                return socket < 0 ? std::vector<int>() : std::vector<int>{socket};
              },
          .pause = [this] { pause_accepting(); },
          .resume =
              [this] {
                for (auto& worker : workers_)
                  worker->post([](Worker& here) { here.resume_listening(); });
              },
          .state = [this] { return keeper_.hand_over(net::now(), net::wall_now()); },
          .handed_on =
              [this](pid_t process) {
                notifier_.hand_over_to(process);
                keeper_.close(net::now(), net::wall_now());
                log_.write(
                    Level::Info, "upgrade: another process serves now; this one ends with its sessions",
                    {{"process", std::int64_t{process}}, {"sessions", std::int64_t{open_sessions_.load()}}});
                carry_out(shutdown_.hand_on(net::now(), settings_.shutdown));
              }};
}

void Control::pause_accepting() {
  const auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (auto& worker : workers_) {
    worker->post([this, left](Worker& here) {
      here.pause_listening();
      if (left->fetch_sub(1) == 1) boost::asio::post(io_, [this] { upgrade_->paused(); });
    });
  }
}

// ---- the end
// -----------------------------------------------------------------------------------------------------

void Control::carry_out(Shutdown::Step step) {
  const std::int64_t sessions{open_sessions_.load()};
  switch (step) {
    case Shutdown::Step::Nothing:
      return;
    case Shutdown::Step::BeUnready:
      notifier_.stopping();
      log_.write(Level::Info, "not ready any more; all are served until shutdown.lead is over",
                 {{"sessions", sessions}});
      return;
    case Shutdown::Step::LeaveSessions:
      stop_listening();
      desk_->close();
      for (auto& worker : workers_)
        worker->leave();
      return;
    case Shutdown::Step::EndSessions:
      log_.write(Level::Info, "stopping: sessions end after the exchange they are in",
                 {{"sessions", sessions}});
      return end_sessions();
    case Shutdown::Step::Cut:
      if (!std::exchange(cut_, true)) {
        log_.write(Level::Warn, "what is left is cut", {{"sessions", sessions}});
        end_sessions();  // who is told twice may not have begun
      }
      for (auto& worker : workers_)
        worker->cut();
      return;
  }
}

void Control::end_sessions() {
  notifier_.stopping();
  notifier_.forget_sockets();
  stop_listening();
  for (auto& worker : workers_)
    worker->drain();
}

// The workers close theirs when they are told to. Where another process serves, the sockets live on there.
void Control::stop_listening() {
  for (auto& [id, listening] : bound_)
    listening.sockets.clear();
}

// True: there is nothing left to wait for.
bool Control::end_if_ended() {
  if (!shutdown_.is_ending()) return false;
  const bool ended =
      std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->ended(); });
  if (!ended) return false;
  farm_.stop();
  if (!farm_.stopped()) return false;
  desk_->close();
  signals_.cancel();
  upgrade_.reset();
  keeper_.close(net::now(), net::wall_now());
  poller_.stop();
  return true;
}

// ---- meanwhile
// -----------------------------------------------------------------------------------------------------

void Control::tell_service_manager(TimePoint now) {
  if (!pulse_) return;
  pulse_->tick(now);
  const Duration limit = notifier_.watchdog() == Duration::zero() ? seconds(10) : notifier_.watchdog() / 2;
  const auto stuck = pulse_->stuck(now, limit);
  if (stuck.empty()) notifier_.all_is_well(now);
  if (!std::exchange(stuck_, !stuck.empty()) && stuck_) {
    log_.write(Level::Error, "a worker stands still", {{"worker", static_cast<std::int64_t>(stuck.front())}});
  }
  notifier_.status(service_status());
}

std::string Control::service_status() const {
  std::size_t servers = 0;
  std::size_t up = 0;
  for (const auto& pool : snapshot_->pools) {
    for (const auto& member : pool.pool->members()) {
      ++servers;
      if (member.state->fitness.load() == balance::Fitness::Up) ++up;
    }
  }
  return std::to_string(open_sessions_.load()) + " sessions, " + std::to_string(up) + " of " +
         std::to_string(servers) + " servers up";
}

}  // namespace winrmlb::app
