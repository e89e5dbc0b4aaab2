#include "winrmlb/balance/choose.h"

#include "winrmlb/balance/rendezvous.h"

namespace winrmlb::balance {

namespace {

const Candidate* find(std::span<const Candidate> candidates, ServerId id) noexcept {
  const auto found =
      std::find_if(candidates.begin(), candidates.end(), [id](const auto& c) { return c.id == id; });
  return found == candidates.end() ? nullptr : &*found;
}

bool hash_prefers(std::uint64_t client_hash, const Candidate& a, const Candidate& b) noexcept {
  return ranks_before(client_hash, Contender{a.name_hash, a.weight}, Contender{b.name_hash, b.weight});
}

/// Fit, and a Create would not have to wait there.
bool has_turn(const Candidate& candidate) noexcept { return is_fit(candidate) && !candidate.busy; }

/// Fewest client addresses per weight, this one counted in; then fewest shells; then as the hash says.
bool balance_prefers(std::uint64_t client_hash, const Candidate& a, const Candidate& b) noexcept {
  // A server that starts slowly counts its clients for more than they are; its first one for no more.
  const auto load = [](const Candidate& c) { return std::uint64_t{c.clients} * 1000 + c.ramp; };
  const auto left = load(a) * b.ramp * b.weight;
  const auto right = load(b) * a.ramp * a.weight;
  if (left != right) return left < right;
  if (a.shells != b.shells) return a.shells < b.shells;
  return hash_prefers(client_hash, a, b);
}

/// Of two of one tier.
bool prefers(const Policy& policy, std::uint64_t client_hash, const Candidate& a,
             const Candidate& b) noexcept {
  if (a.busy != b.busy) return b.busy;
  switch (policy.assign) {
    case config::Assign::Balanced:
      return balance_prefers(client_hash, a, b);
    case config::Assign::Planned:
      if (policy.planned && (a.id == *policy.planned) != (b.id == *policy.planned))
        return a.id == *policy.planned;
      return hash_prefers(client_hash, a, b);
    case config::Assign::Hash:
      return hash_prefers(client_hash, a, b);
  }
  return false;
}

/// The best of those that `may_take` the client, from the lowest tier that has any.
template <typename MayTake>
const Candidate* best(const Facts& facts, std::span<const Candidate> candidates, const Policy& policy,
                      MayTake may_take) noexcept {
  const auto client_hash = facts.client.hash();
  const Candidate* chosen = nullptr;
  for (const auto& candidate : candidates) {
    if (!may_take(candidate)) continue;
    if (candidate.id == policy.pinned_to) return &candidate;
    if (chosen == nullptr || candidate.priority < chosen->priority ||
        (candidate.priority == chosen->priority && prefers(policy, client_hash, candidate, *chosen))) {
      chosen = &candidate;
    }
  }
  return chosen;
}

const Candidate* assign(const Facts& facts, std::span<const Candidate> candidates,
                        const Policy& policy) noexcept {
  if (const auto* chosen = best(facts, candidates, policy, is_fit)) return chosen;
  for (const bool Candidate::*second_best :
       {&Candidate::takes_new, &Candidate::checking, &Candidate::suspect}) {
    const auto* chosen = best(facts, candidates, policy,
                              [&](const Candidate& c) { return c.*second_best && !c.full && c.weight > 0; });
    if (chosen != nullptr) return chosen;
  }
  if (policy.when_all_down == config::WhenAllDown::Reject) return nullptr;
  return best(facts, candidates, policy,
              [](const Candidate& c) { return c.ready && !c.takes_new && !c.full && c.weight > 0; });
}

/// Whether an address may go on where it is.
bool may_stay(const Facts& facts, const Entry& entry, const Candidate& current) noexcept {
  if (!current.keeps_old) return current.frozen && entry.lives;
  if (!current.draining) return true;
  return !facts.creates_shell && (entry.lives || entry.expects || !entry.quiet);
}

/// Where an address that may stay on `current` belongs instead, or null.
const Candidate* better_place(const Facts& facts, const Entry& entry, const Candidate& current,
                              std::span<const Candidate> candidates, const Policy& policy) noexcept {
  switch (policy.failback) {
    case config::Failback::Never:
      return nullptr;
    case config::Failback::WhenIdle:
      if (!is_rootless(entry)) return nullptr;
      break;
    case config::Failback::Immediate:
      break;
  }
  if (policy.assign == config::Assign::Balanced) {
    const auto* home = entry.home ? find(candidates, *entry.home) : nullptr;
    return home != nullptr && home != &current && has_turn(*home) ? home : nullptr;
  }
  // The map itself says where home is. The current server takes part even if it is full or under suspicion:
  // those keep strangers away, not the address that lives there.
  const auto* ideal = best(facts, candidates, policy,
                           [&](const Candidate& c) { return is_fit(c) || (&c == &current && !c.draining); });
  return ideal != nullptr && ideal != &current ? ideal : nullptr;
}

Choice choose_for_entry(const Facts& facts, const Entry& entry, std::span<const Candidate> candidates,
                        const Policy& policy) noexcept {
  const auto* current = find(candidates, entry.server);
  if (current != nullptr && may_stay(facts, entry, *current)) {
    const auto* better = better_place(facts, entry, *current, candidates, policy);
    if (better != nullptr) return {better->id, Reason::Failback};
    if (current->busy && is_rootless(entry)) {
      const auto* free = best(facts, candidates, policy, [current](const Candidate& c) {
        return has_turn(c) && c.priority <= current->priority;
      });
      if (free != nullptr) return {free->id, Reason::Failover};
    }
    return {entry.server, Reason::Affinity};
  }
  // It must leave. Where it came from is better than a third place.
  if (policy.assign == config::Assign::Balanced && policy.failback != config::Failback::Never && entry.home) {
    const auto* home = find(candidates, *entry.home);
    if (home != nullptr && home->id != entry.server && is_fit(*home)) return {home->id, Reason::Failback};
  }
  const auto* chosen = assign(facts, candidates, policy);
  if (chosen == nullptr) return {};
  if (chosen == current) return {chosen->id, Reason::Affinity};  // for want of a better one
  return {chosen->id, Reason::Failover};
}

}  // namespace

std::string_view name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::Bound:
      return "bound";
    case Reason::Pinned:
      return "pinned";
    case Reason::Affinity:
      return "affinity";
    case Reason::Assigned:
      return "assigned";
    case Reason::Failover:
      return "failover";
    case Reason::Failback:
      return "failback";
    case Reason::Hunted:
      return "hunted";
    case Reason::Unavailable:
      return "unavailable";
  }
  return "unknown";
}

Choice choose(const Facts& facts, const std::optional<Entry>& entry, std::span<const Candidate> candidates,
              const Policy& policy) {
  if (facts.bound) {
    const auto* server = find(candidates, *facts.bound);
    if (server != nullptr && server->down) return {};
    return {facts.bound, Reason::Bound};
  }
  if (facts.pinned) {
    const auto* server = find(candidates, *facts.pinned);
    if (server != nullptr && (server->keeps_old || server->frozen)) return {facts.pinned, Reason::Pinned};
    if (facts.pin_is_shell) return {std::nullopt, Reason::Pinned};
  }
  if (entry) return choose_for_entry(facts, *entry, candidates, policy);
  const auto* chosen = assign(facts, candidates, policy);
  if (chosen == nullptr) return {};
  return {chosen->id, Reason::Assigned};
}

}  // namespace winrmlb::balance
