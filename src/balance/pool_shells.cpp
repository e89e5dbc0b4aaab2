// What a Pool does for shells: quotas, where to create one instead, and where to look for one.
#include <algorithm>

#include "winrmlb/balance/pool.h"
#include "winrmlb/balance/rendezvous.h"

namespace winrmlb::balance {

bool Pool::is_full(const Member& member) noexcept {
  const auto most = member.settings.max_sessions;
  return most > 0 && member.state->sessions.load(std::memory_order_relaxed) >= most;
}

bool Pool::is_crowded(const Member& member, const Facts& facts, TimePoint now) const {
  const auto& state = *member.state;
  if (now.time_since_epoch().count() < state.full_until.load(std::memory_order_relaxed)) return true;
  const auto per_user = settings_.shells.per_user;
  return facts.creates_shell && per_user > 0 && shells_->shells_of(facts.user, state.id) >= per_user;
}

bool Pool::is_busy(const Member& member, const Facts& facts) noexcept {
  const auto most = member.settings.max_creates;
  return facts.creates_shell && most > 0 && member.state->creates.running() >= most;
}

void Pool::mark_full(ServerId server, TimePoint now) {
  const auto* known = member(server);
  if (known == nullptr) return;
  const auto until = (now + settings_.shells.full_for).time_since_epoch().count();
  auto& full_until = known->state->full_until;
  auto before = full_until.load(std::memory_order_relaxed);
  while (before < until && !full_until.compare_exchange_weak(before, until, std::memory_order_relaxed)) {
  }
}

std::optional<Choice> Pool::route_create_elsewhere(const Facts& facts, ServerId not_here, TimePoint now) {
  Facts by_address = facts;
  by_address.bound.reset();
  by_address.pinned.reset();
  const auto policy = policy_for(facts.client);
  const auto choice =
      affinity_->settle(facts.client, now, [&](const std::optional<Entry>& entry, Room room) -> Decision {
        auto all = candidates(by_address, now);
        if (entry && entry->server != not_here) {
          const auto moved_to =
              std::find_if(all.begin(), all.end(), [&](const Candidate& c) { return c.id == entry->server; });
          if (moved_to == all.end() || !is_fit(*moved_to)) return {};
          return {{entry->server, Reason::Affinity}, entry->home};
        }
        if (entry && (entry->more_than_a_session || entry->expects)) return {};
        std::erase_if(all, [&](const Candidate& c) { return c.id == not_here || !is_fit(c); });
        auto with = policy;
        if (room == Room::No && with.assign == config::Assign::Balanced) with.assign = config::Assign::Hash;
        const auto other = choose(by_address, std::nullopt, all, with);
        if (!other.server) return {};
        // It left nothing better behind, so there is no home to go back to but the one that it had.
        const auto home = entry && entry->home != other.server ? entry->home : std::nullopt;
        return {{other.server, entry ? Reason::Failover : Reason::Assigned}, home};
      });
  if (!choice.server) return std::nullopt;
  return choice;
}

std::vector<ServerId> Pool::other_fit_servers(ServerId not_here, const ClientAddress& client) const {
  std::vector<const Member*> others;
  for (const auto& member : members_) {
    // Shells are looked for most just after the start, when not every server has been checked yet.
    const auto fitness = member.state->fitness.load(std::memory_order_relaxed);
    const bool answers = fitness == Fitness::Up || fitness == Fitness::Checking;
    if (answers && member.state->keeps_old() && member.state->id != not_here) others.push_back(&member);
  }
  const auto contender = [](const Member* member) { return Contender{member->name_hash, member->weight()}; };
  std::sort(others.begin(), others.end(), [&](const Member* a, const Member* b) {
    return ranks_before(client.hash(), contender(a), contender(b));
  });
  std::vector<ServerId> ids;
  for (const auto* member : others)
    ids.push_back(member->state->id);
  return ids;
}

}  // namespace winrmlb::balance
