// Drains: a server is emptied without anybody noticing, or by a deadline.
//
//   Ready ──drain──▶ Drain: keeps what lives there, takes nobody new ──▶ empty (told once)
//                      └──deadline──▶ evicting: sessions end after the exchange they are in, pins are void;
//                                     what still goes on half a minute later is cut
#include <algorithm>
#include <set>
#include <utility>

#include "winrmlb/app/farm.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

using admin::name_of;
using config::ServerMode;
using telemetry::Level;

namespace {

constexpr milliseconds kLook{500};
constexpr seconds kCutOff{30};

seconds whole(Duration duration) { return std::chrono::duration_cast<seconds>(duration); }

}  // namespace

Result<Farm::Found> Farm::find(const admin::ModeChange& of) const {
  const auto refuse = [](std::string what) { return Error{ErrorCode::Config, Side::Local, std::move(what)}; };
  if (!of.pool.empty() && !snapshot_->pool(of.pool)) return refuse("there is no pool " + of.pool);
  std::optional<Found> found;
  for (const auto& entry : snapshot_->pools) {
    if (!of.pool.empty() && entry.pool->name() != of.pool) continue;
    const auto* member = entry.pool->member(of.server);
    if (!member) continue;
    if (found) return refuse("more than one pool has a server " + of.server + "; say which by --pool");
    found = Found{&entry, member};
  }
  if (!found) return refuse("there is no server " + of.server);
  return *found;
}

Status Farm::change_mode(const admin::ModeChange& change) {
  const auto found = find(change);
  if (!found) return found.error();
  auto& state = *found->member->state;
  const auto before = state.mode.exchange(change.mode);
  const TimePoint now = net::now();
  log_.write(Level::Info, "server " + state.name + " is set to " + std::string(name_of(change.mode)),
             {{"pool", found->pool->pool->name()},
              {"server", state.name},
              {"from", std::string(name_of(before))},
              {"to", std::string(name_of(change.mode))},
              {"sessions", std::int64_t{state.sessions.load()}},
              {"shells", std::int64_t{state.shells.load()}}});
  if (change.mode == ServerMode::Ready) {
    state.evicting = false;
    if (before != ServerMode::Ready) state.ramp_from = now.time_since_epoch().count();
  }
  if (change.mode == ServerMode::Maintenance)
    on_each_session([id = state.id](proxy::Session& session) { session.leave(id); });
  adopt_drains();
  if (const auto drain = drains_.find(state.id); drain != drains_.end()) {
    drain->second.deadline = change.deadline ? std::optional(now + *change.deadline) : std::nullopt;
  }
  return Done{};
}

// Drains that the configuration asks for are no different from those by command.
void Farm::adopt_drains() {
  std::map<ServerId, Draining> next;
  for (const auto& entry : snapshot_->pools) {
    for (const auto& member : entry.pool->members()) {
      if (member.state->mode.load() != ServerMode::Drain) continue;
      const auto found = drains_.find(member.state->id);
      next[member.state->id] = found != drains_.end() ? found->second
                                                      : Draining{.state = member.state,
                                                                 .pool = entry.pool->name(),
                                                                 .began = net::now(),
                                                                 .deadline = {},
                                                                 .cut_off = {}};
    }
  }
  drains_ = std::move(next);
}

void Farm::tick_drains(TimePoint now) {
  if (drains_.empty() || now < drains_seen_ + kLook) return;
  drains_seen_ = now;
  for (auto& [id, draining] : drains_) {
    if (draining.cut_off && now >= *draining.cut_off) {
      draining.cut_off.reset();
      on_each_session(
          [id = id](proxy::Session& session) { session.lose_server(id, proxy::Session::Idle::Ends); });
    }
    const auto view = drain({.pool = draining.pool, .server = draining.state->name, .deadline = {}});
    if (!view || draining.told) continue;
    free_of_spare_connections(draining, *view);
    if (view->is_empty()) {
      draining.told = true;
      log_.write(Level::Info, "server " + draining.state->name + " is empty",
                 {{"pool", draining.pool},
                  {"server", draining.state->name},
                  {"drained_seconds", std::int64_t{whole(now - draining.began).count()}}});
    } else if (draining.deadline && now >= *draining.deadline) {
      end_drain(draining, now);
    }
  }
}

// A session whose new shells go elsewhere keeps its first connection; it must not keep the server from being
// empty once the client's last shell there has ended.
void Farm::free_of_spare_connections(const Draining& draining, const admin::DrainView& view) {
  auto clients = std::make_shared<std::set<ClientAddress>>();
  for (const auto& holder : view.holders) {
    if (holder.sessions > 0 && holder.shells == 0) clients->insert(holder.client);
  }
  const auto* entry = snapshot_->pool(draining.pool);
  if (clients->empty() || !entry) return;
  on_each_session([clients, pool = entry->pool, id = draining.state->id](proxy::Session& session) {
    if (clients->contains(pool->client_of(session.client_endpoint().address))) session.leave_unless_home(id);
  });
}

// Between exchanges, as far as they end soon: nobody's answer is cut in two.
void Farm::end_drain(Draining& draining, TimePoint now) {
  draining.deadline.reset();
  draining.cut_off = now + kCutOff;
  draining.state->evicting = true;
  draining.sessions_cut = draining.state->sessions.load();
  const auto* entry = snapshot_->pool(draining.pool);
  if (entry)
    draining.shells_cut = static_cast<std::uint32_t>(entry->pool->shells().end_all(draining.state->id));
  log_.write(Level::Warn,
             "the drain of " + draining.state->name + " is over its deadline: what is left is ended",
             {{"pool", draining.pool},
              {"server", draining.state->name},
              {"sessions", std::int64_t{draining.sessions_cut}},
              {"shells", std::int64_t{draining.shells_cut}}});
  on_each_session([id = draining.state->id](proxy::Session& session) { session.leave(id); });
}

Result<admin::DrainView> Farm::drain(const admin::ModeChange& of) const {
  const auto found = find(of);
  if (!found) return found.error();
  const auto& pool = *found->pool->pool;
  const auto& state = *found->member->state;
  const TimePoint now = net::now();
  admin::DrainView view;
  view.pool = pool.name();
  view.server = state.name;
  view.mode = state.mode.load();
  view.sessions = state.sessions.load();
  view.shells = state.shells.load();
  for (const auto& holder : pool.affinity().holders(state.id, now)) {
    admin::DrainView::Holder one{
        holder.client, holder.sessions, holder.shells, whole(now - holder.since), {}};
    if (state.evicting && holder.sessions == 0 && holder.shells == 0) continue;
    if (holder.opaque_quiet_at) one.quiet_in = whole(*holder.opaque_quiet_at - now) + seconds(1);
    view.holders.push_back(one);
  }
  std::sort(view.holders.begin(), view.holders.end(),
            [](const auto& a, const auto& b) { return a.sessions + a.shells > b.sessions + b.shells; });
  if (const auto draining = drains_.find(state.id); draining != drains_.end()) {
    view.draining_for = whole(now - draining->second.began);
    if (draining->second.deadline)
      view.deadline_in = std::max(seconds(0), whole(*draining->second.deadline - now));
    view.sessions_cut = draining->second.sessions_cut;
    view.shells_cut = draining->second.shells_cut;
  }
  return view;
}

}  // namespace winrmlb::app
