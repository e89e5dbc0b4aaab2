#include "winrmlb/balance/pool.h"

#include <array>

#include "winrmlb/core/hash.h"

namespace winrmlb::balance {

Pool::Pool(PoolId id, const config::Pool& settings, std::uint32_t affinity_capacity, const Pool* predecessor,
           ServerId& next_server_id, std::uint32_t pin_capacity)
    : id_(id),
      settings_(settings),
      planned_clients_(planned_clients(settings)),
      affinity_capacity_(affinity_capacity),
      pin_capacity_(pin_capacity) {
  for (const auto& server : settings_.servers) {
    const auto* before = predecessor == nullptr ? nullptr : predecessor->member(server.name);
    if (before != nullptr && before->settings.host != server.host) before = nullptr;
    auto state =
        before != nullptr ? before->state : std::make_shared<ServerState>(next_server_id, server.name);
    if (before == nullptr) next_server_id = ServerId(static_cast<std::uint16_t>(next_server_id.value() + 1));
    if (before == nullptr) {
      state->mode = server.state;
    } else if (before->settings.state != server.state) {
      modes_.emplace_back(state, server.state);
    }
    if (before != nullptr && before->settings.weight != server.weight) reweighted_.push_back(state);
    members_.push_back({server, std::move(state), stable_hash(server.name)});
  }
  if (predecessor == nullptr) {
    affinity_ = std::make_shared<AffinityTable>(affinity_capacity, settings_.affinity.ttl);
    shells_ = std::make_shared<ShellRegistry>(affinity_, pin_capacity, settings_.shells.idle_limit);
    hunts_ = std::make_shared<Hunts>();
    tiers_ = std::make_shared<SeenTiers>();
    client_pins_ = std::make_shared<ClientPins>();
    commit();
    return;
  }
  affinity_ = predecessor->affinity_;
  shells_ = predecessor->shells_;
  hunts_ = predecessor->hunts_;
  tiers_ = predecessor->tiers_;
  client_pins_ = predecessor->client_pins_;
  for (const auto& before : predecessor->members_) {
    if (member(before.state->id) == nullptr) removed_.push_back(before.state);
  }
}

void Pool::commit() {
  for (const auto& [state, mode] : modes_)
    state->mode = mode;
  modes_.clear();
  for (const auto& state : reweighted_)
    state->weight_by_command = -1;
  reweighted_.clear();
  std::vector<std::shared_ptr<ServerState>> states;
  states.reserve(members_.size());
  for (const auto& member : members_)
    states.push_back(member.state);
  affinity_->adopt(states, affinity_capacity_, settings_.affinity.ttl);
  affinity_->set_opaque(settings_.affinity.opaque_idle, settings_.drain.opaque_quiet);
  shells_->set_capacity(pin_capacity_, settings_.shells.idle_limit);
  for (const auto& state : removed_) {
    state->removed = true;  // first, so that nothing is learned of it after this
    shells_->end_all(state->id);
    client_pins_->unpin_all(state->id);
  }
  removed_.clear();
}

const Member* Pool::member(ServerId id) const noexcept {
  for (const auto& member : members_) {
    if (member.state->id == id) return &member;
  }
  return nullptr;
}

const Member* Pool::member(std::string_view name) const noexcept {
  for (const auto& member : members_) {
    if (member.settings.name == name) return &member;
  }
  return nullptr;
}

ClientAddress Pool::client_of(const IpAddress& address) const noexcept {
  return ClientAddress(address, settings_.affinity.prefix4, settings_.affinity.prefix6);
}

Candidate Pool::candidate(const Member& member, const Facts& facts, TimePoint now) const {
  const auto& state = *member.state;
  const auto mode = state.mode.load(std::memory_order_relaxed);
  const auto fitness = state.fitness.load(std::memory_order_relaxed);
  Candidate candidate;
  candidate.id = state.id;
  candidate.name_hash = member.name_hash;
  candidate.weight = member.weight();
  candidate.priority = member.settings.priority;
  candidate.takes_new = fitness == Fitness::Up && mode == config::ServerMode::Ready;
  candidate.keeps_old = fitness != Fitness::Down && state.keeps_old();
  candidate.frozen = fitness == Fitness::Down && state.keeps_old();
  candidate.ready = mode == config::ServerMode::Ready;
  candidate.checking = fitness == Fitness::Checking && candidate.ready;
  candidate.suspect = fitness == Fitness::Suspect && candidate.ready;
  candidate.draining = mode == config::ServerMode::Drain;
  candidate.full = is_full(member);
  candidate.crowded = is_crowded(member, facts, now);
  candidate.busy = is_busy(member, facts);
  candidate.down = fitness == Fitness::Down && state.lost.load(std::memory_order_relaxed);
  candidate.ramp = ramp_of(state, now);
  candidate.clients = state.clients.load(std::memory_order_relaxed);
  candidate.shells = state.shells.load(std::memory_order_relaxed);
  return candidate;
}

// From a tenth to all of its share, over the time of a slow start.
std::uint16_t Pool::ramp_of(const ServerState& state, TimePoint now) const noexcept {
  constexpr std::int64_t kFull = 1000;
  constexpr std::int64_t kFirst = 100;
  const auto from = state.ramp_from.load(std::memory_order_relaxed);
  const Duration whole = settings_.slow_start;
  if (from == 0 || whole == Duration::zero()) return kFull;
  const Duration passed = now - TimePoint(Duration(from));
  if (passed >= whole) return kFull;
  return static_cast<std::uint16_t>(std::max(kFirst, passed.count() / (whole.count() / kFull)));
}

std::vector<Candidate> Pool::candidates(const Facts& facts, TimePoint now) const {
  std::vector<Candidate> all;
  all.reserve(members_.size());
  for (const auto& member : members_)
    all.push_back(candidate(member, facts, now));
  return all;
}

std::shared_ptr<const Plan> Pool::current_plan() const {
  std::vector<PlanServer> servers;
  servers.reserve(members_.size());
  for (const auto& member : members_) {
    const auto& state = *member.state;
    // Suspicion passes and a check is soon done: neither is worth another map.
    const bool out = state.fitness.load(std::memory_order_relaxed) == Fitness::Down ||
                     state.mode.load(std::memory_order_relaxed) != config::ServerMode::Ready;
    servers.push_back({state.id, member.name_hash, member.weight(), member.settings.priority, out});
  }
  const std::lock_guard lock(plan_mutex_);
  if (plan_ == nullptr || plan_->servers() != servers)
    plan_ = std::make_shared<Plan>(planned_clients_, servers);
  return plan_;
}

Policy Pool::policy_for(const ClientAddress& client) const {
  Policy policy{settings_.affinity.assign, settings_.affinity.failback, std::nullopt, settings_.when_all_down,
                client_pins_->of(client)};
  if (policy.assign == config::Assign::Planned) policy.planned = current_plan()->server_of(client);
  return policy;
}

std::optional<Choice> Pool::route_without_affinity(const Facts& facts, TimePoint now) const {
  const auto& named = facts.bound ? facts.bound : facts.pinned;
  if (!named) return std::nullopt;
  std::optional<Candidate> server;
  if (const auto* known = member(*named)) server = candidate(*known, facts, now);
  const auto choice = choose(facts, std::nullopt, std::span(server ? &*server : nullptr, server ? 1 : 0), {});
  if (facts.bound || choice.reason == Reason::Pinned) return choice;
  return std::nullopt;
}

// Only whether the rules end at `affinity`, which the entry's server and its home decide between them. Where
// the ideal server depends on all of them, an address that may go there takes the long way.
bool Pool::may_stay(const Facts& facts, const Entry& entry, TimePoint now) const {
  const auto assign = settings_.affinity.assign;
  const auto failback = settings_.affinity.failback;
  const bool rooted =
      failback == config::Failback::Never || (failback == config::Failback::WhenIdle && !is_rootless(entry));
  if (assign != config::Assign::Balanced && !rooted) return false;
  std::array<Candidate, 2> two;
  std::size_t known = 0;
  if (const auto* server = member(entry.server)) two[known++] = candidate(*server, facts, now);
  if (two[0].busy && is_rootless(entry)) return false;
  if (const auto* home = entry.home ? member(*entry.home) : nullptr)
    two[known++] = candidate(*home, facts, now);
  return choose(facts, entry, std::span(two.data(), known),
                {assign, failback, std::nullopt, config::WhenAllDown::Reject, std::nullopt})
             .reason == Reason::Affinity;
}

Decision Pool::decide(const Facts& facts, const std::optional<Entry>& entry, const Policy& policy,
                      TimePoint now, std::optional<ServerId> avoid) const {
  auto all = candidates(facts, now);
  for (auto& candidate : all) {
    if (candidate.id != avoid) continue;
    candidate.takes_new = candidate.keeps_old = candidate.checking = candidate.suspect = false;
    candidate.frozen = candidate.ready = false;
  }
  const auto choice = choose(facts, entry, all, policy);
  Decision decision{choice, std::nullopt};
  if (choice.reason == Reason::Failover && entry) {
    decision.home = entry->home && member(*entry->home) != nullptr ? entry->home : entry->server;
    if (decision.home == choice.server) decision.home.reset();
  }
  return decision;
}

Choice Pool::route(const Facts& facts, TimePoint now) {
  if (const auto choice = route_without_affinity(facts, now)) return *choice;
  Facts by_address = facts;
  by_address.bound.reset();
  by_address.pinned.reset();
  const auto stays_at =
      affinity_->use(facts.client, now, [&](const Entry& entry) { return may_stay(by_address, entry, now); });
  if (stays_at) return {stays_at, Reason::Affinity};

  const auto policy = policy_for(facts.client);
  return affinity_->settle(facts.client, now, [&](const std::optional<Entry>& entry, Room room) {
    auto with = policy;
    // What is not noted must come out the same the next time.
    if (room == Room::No && with.assign == config::Assign::Balanced) with.assign = config::Assign::Hash;
    return decide(by_address, entry, with, now, std::nullopt);
  });
}

Choice Pool::place_session(const ClientAddress& client, TimePoint now) const {
  const Facts facts{.client = client, .bound = {}, .pinned = {}};
  auto all = candidates(facts, now);
  for (auto& candidate : all)
    candidate.clients = member(candidate.id)->state->sessions.load(std::memory_order_relaxed);
  return choose(facts, std::nullopt, all, {});
}

Pool::Moved Pool::move_away(const ClientAddress& client, ServerId failed, TimePoint now) {
  const Facts facts{client, std::nullopt, std::nullopt};
  const auto policy = policy_for(client);
  Moved result;
  result.choice =
      affinity_->settle(client, now, [&](const std::optional<Entry>& entry, Room room) -> Decision {
        result.moved = true;
        if (entry && entry->server == failed && entry->holds) {
          result.moved = false;
          return {{failed, Reason::Affinity}, entry->home};
        }
        auto with = policy;
        if (room == Room::No && with.assign == config::Assign::Balanced) with.assign = config::Assign::Hash;
        return decide(facts, entry, with, now, failed);
      });
  if (!result.choice.server) result.moved = false;
  return result;
}

void Pool::session_opened(const ClientAddress& client, ServerId server, TimePoint now) {
  const auto* known = member(server);
  const auto state = known != nullptr ? known->state : affinity_->server(server);
  if (state != nullptr) state->sessions.fetch_add(1, std::memory_order_relaxed);
  affinity_->session_opened(client, server, now);
}

void Pool::session_closed(const ClientAddress& client, ServerId server, bool opaque, TimePoint now) {
  const auto* known = member(server);
  const auto state = known != nullptr ? known->state : affinity_->server(server);
  if (state != nullptr) state->sessions.fetch_sub(1, std::memory_order_relaxed);
  affinity_->session_closed(client, server, opaque, now);
}

}  // namespace winrmlb::balance
