// Pool::explain(): the choice that route() would make, as a sentence for the operator.
#include <chrono>

#include "winrmlb/balance/pool.h"

namespace winrmlb::balance {

namespace {

std::string ago(Duration age) {
  const auto whole = std::chrono::duration_cast<seconds>(age).count();
  if (whole < 1) return "just now";
  if (whole < 120) return std::to_string(whole) + " s ago";
  if (whole < 7200) return std::to_string(whole / 60) + " min ago";
  return std::to_string(whole / 3600) + " h ago";
}

std::string_view condition(const Candidate& candidate) {
  if (candidate.down) return "is down";
  if (!candidate.keeps_old) return "is in maintenance";
  if (candidate.draining) return "is draining";
  if (candidate.weight == 0) return "has weight 0";
  if (candidate.full) return "is full";
  if (candidate.checking) return "is not yet checked";
  if (!candidate.takes_new) return "is suspect";
  return "is fit";
}

/// What the sentence is made of: the same facts that choose() had.
class Sentence {
 public:
  Sentence(const Pool& pool, std::span<const Candidate> candidates, const Policy& policy,
           const Choice& choice)
      : pool_(pool), candidates_(candidates), policy_(policy), choice_(choice) {}

  std::string text(const Facts& facts, const std::optional<AffinityTable::Row>& row, TimePoint now) const {
    const auto client = facts.client.text();
    const auto to = name(choice_.server);
    switch (choice_.reason) {
      case Reason::Bound:
        return client + " goes to " + to + ": the session's login or sealed messages live there (bound)";
      case Reason::Pinned:
        return client + " goes to " + to + ": the shell lives there (pinned)";
      case Reason::Affinity:
        return client + " goes to " + to + ": " + stay(*row, now) + " (affinity)";
      case Reason::Failback:
        return client + " would go back from " + name(row->entry.server) + " to " + to +
               ", where it belongs (failback)";
      case Reason::Failover:
        return client + " would move from " + name(row->entry.server) + ", which " +
               condition_of(row->entry.server) + ", to " + to + ": " + ranking() + " (failover)";
      case Reason::Assigned:
        return client + " would be assigned to " + to + ": " + ranking();
      case Reason::Hunted:
      case Reason::Unavailable:
        break;
    }
    if (facts.bound)
      return client + " is bound to " + name(facts.bound) + ", which is down: its session ends";
    return "no server can take " + client + ": " + conditions();
  }

 private:
  std::string name(std::optional<ServerId> id) const {
    if (!id) return "no server";
    const auto state = pool_.affinity().server(*id);
    return state != nullptr ? state->name : "a server that is gone";
  }

  const Candidate* find(std::optional<ServerId> id) const {
    for (const auto& candidate : candidates_) {
      if (candidate.id == id) return &candidate;
    }
    return nullptr;
  }

  std::string condition_of(ServerId id) const {
    const auto* candidate = find(id);
    return candidate != nullptr ? std::string(condition(*candidate)) : "is no longer in the pool";
  }

  std::string conditions() const {
    std::string text;
    for (const auto& candidate : candidates_) {
      if (!text.empty()) text += ", ";
      text += name(candidate.id) + " " + std::string(condition(candidate));
    }
    return text;
  }

  static std::string stay(const AffinityTable::Row& row, TimePoint now) {
    const auto since = ago(now - row.since);
    if (row.sessions > 0) return "it has had sessions there since " + since;
    return "it has been there since " + since + ", last used " + ago(now - row.last_used);
  }

  /// Why the chosen one came first among the fit servers of its tier.
  std::string ranking() const {
    const auto* chosen = find(choice_.server);
    if (chosen == nullptr) return "it is the only one left";
    if (policy_.planned == choice_.server) return "the plan says so";
    if (policy_.assign != config::Assign::Balanced) return "by hash of the address";
    std::string counts;
    bool tie = false;
    for (const auto& candidate : candidates_) {
      const bool compared = is_fit(*chosen) ? is_fit(candidate) : candidate.checking && candidate.weight > 0;
      if (!compared || candidate.priority != chosen->priority) continue;
      counts += (counts.empty() ? "" : ", ") + name(candidate.id) + " " + std::to_string(candidate.clients);
      tie |= &candidate != chosen && candidate.shells == chosen->shells &&
             (std::uint64_t{candidate.clients} + 1) * chosen->weight ==
                 (std::uint64_t{chosen->clients} + 1) * candidate.weight;
    }
    return "fewest clients per weight (" + counts + (tie ? "; tie by hash)" : ")");
  }

  const Pool& pool_;
  std::span<const Candidate> candidates_;
  const Policy& policy_;
  const Choice& choice_;
};

}  // namespace

Pool::Explanation Pool::explain(Facts facts, TimePoint now, const std::optional<Uuid>& shell) const {
  const auto pin = shell ? shells_->row(*shell, PinKind::Shell, now) : std::nullopt;
  if (pin) facts.pinned = pin->server;
  const auto row = affinity_->find(facts.client, now);
  const auto all = candidates(facts, now);
  const auto policy = policy_for(facts.client);
  const auto choice = choose(facts, row ? std::optional(row->entry) : std::nullopt, all, policy);
  return {choice, Sentence(*this, all, policy, choice).text(facts, row, now)};
}

}  // namespace winrmlb::balance
