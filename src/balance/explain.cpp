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

/// "7B1F…": enough to tell it from others.
std::string abbreviated(const Uuid& shell) { return shell.text().substr(0, 4) + "…"; }

/// What is known of the address and of the shell that its message names.
struct Known {
  Facts facts;
  std::optional<AffinityTable::Row> row;
  std::optional<Uuid> shell;
  std::optional<ShellRegistry::Row> pin;
  TimePoint now;
};

/// What the sentence is made of: the same facts that choose() had.
class Sentence {
 public:
  Sentence(const Pool& pool, const Known& known, std::span<const Candidate> candidates, const Policy& policy,
           const Choice& choice)
      : pool_(pool), known_(known), candidates_(candidates), policy_(policy), choice_(choice) {}

  std::string text() const {
    if (!known_.shell || known_.pin) return of_the_choice();
    return of_the_choice() + "; shell " + abbreviated(*known_.shell) + " is not known here";
  }

 private:
  std::string of_the_choice() const {
    const auto& facts = known_.facts;
    const auto client = facts.client.text();
    const auto to = name(choice_.server);
    switch (choice_.reason) {
      case Reason::Bound:
        return client + " goes to " + to + ": the session's login or sealed messages live there (bound)";
      case Reason::Pinned:
        if (choice_.server) return client + " goes to " + to + ": " + pin() + " (pinned)";
        return client + " is told that its shell is gone: " + pin() + " (pinned)";
      case Reason::Affinity:
        return client + " goes to " + to + ": " + stay(*known_.row) + " (affinity)";
      case Reason::Failback:
        return client + " would go back from " + name(known_.row->entry.server) + " to " + to +
               ", where it belongs (failback)";
      case Reason::Failover:
        return client + " would move from " + name(known_.row->entry.server) + ", which " +
               condition_of(known_.row->entry.server) + ", to " + to + ": " + ranking() + " (failover)";
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

  std::string condition(const Candidate& candidate) const {
    if (candidate.down) return "is down";
    if (!candidate.keeps_old) return "is in maintenance";
    if (candidate.draining) return "is draining";
    if (candidate.weight == 0) return "has weight 0";
    if (candidate.full) return "has as many sessions as it may";
    if (candidate.crowded) return how_crowded(candidate.id);
    if (candidate.busy) return "is making as many shells as it may";
    if (candidate.checking) return "is not yet checked";
    if (!candidate.takes_new) return "is suspect";
    return "is fit";
  }

  std::string how_crowded(ServerId id) const {
    const auto state = pool_.affinity().server(id);
    const auto until = TimePoint(Duration(state->full_until.load(std::memory_order_relaxed)));
    if (known_.now < until) {
      const auto left = std::chrono::ceil<seconds>(until - known_.now).count();
      return "is full by its own quota for another " + std::to_string(left) + " s";
    }
    return "has as many shells of " + std::string(known_.facts.user) + " as it may";
  }

  std::string condition_of(ServerId id) const {
    const auto* candidate = find(id);
    return candidate != nullptr ? condition(*candidate) : "is no longer in the pool";
  }

  std::string conditions() const {
    std::string text;
    for (const auto& candidate : candidates_) {
      if (!text.empty()) text += ", ";
      text += name(candidate.id) + " " + condition(candidate);
    }
    return text;
  }

  std::string stay(const AffinityTable::Row& row) const {
    const auto since = ago(known_.now - row.since);
    const auto shells = std::to_string(row.shells) + (row.shells == 1 ? " shell" : " shells");
    if (row.sessions > 0 && row.shells > 0) return "it has sessions and " + shells + " there, since " + since;
    if (row.sessions > 0) return "it has had sessions there since " + since;
    const auto last = since + ", last used " + ago(known_.now - row.last_used);
    if (row.shells > 0) return "it has " + shells + " there, since " + last;
    return "it has been there since " + last;
  }

  std::string pin() const {
    const auto server = known_.facts.pinned;
    const auto where = choice_.server ? "there" : "on " + name(server) + ", which " + condition_of(*server);
    if (!known_.pin) return "the shell lives " + where;
    return "shell " + abbreviated(*known_.shell) + " lives " + where + ", last used " +
           ago(known_.now - known_.pin->last_used);
  }

  /// Why the chosen one came first among the fit servers of its tier.
  std::string ranking() const {
    const auto* chosen = find(choice_.server);
    if (chosen == nullptr) return "it is the only one left";
    if (!is_fit(*chosen) && !chosen->checking)
      return "it " + std::string(condition(*chosen)) + ", but there is no better one";
    if (policy_.pinned_to == choice_.server) return "an operator has pinned it there";
    if (policy_.planned == choice_.server) return "the plan says so";
    if (policy_.assign != config::Assign::Balanced) return "by hash of the address";
    std::string counts;
    bool tie = false;
    for (const auto& candidate : candidates_) {
      const bool compared = is_fit(*chosen) ? is_fit(candidate) && (chosen->busy || !candidate.busy)
                                            : candidate.checking && candidate.weight > 0;
      if (!compared || candidate.priority != chosen->priority) continue;
      counts += (counts.empty() ? "" : ", ") + name(candidate.id) + " " + std::to_string(candidate.clients);
      tie |= &candidate != chosen && candidate.shells == chosen->shells &&
             (std::uint64_t{candidate.clients} + 1) * chosen->weight ==
                 (std::uint64_t{chosen->clients} + 1) * candidate.weight;
    }
    return "fewest clients per weight (" + counts + (tie ? "; tie by hash)" : ")");
  }

  const Pool& pool_;
  const Known& known_;
  std::span<const Candidate> candidates_;
  const Policy& policy_;
  const Choice& choice_;
};

}  // namespace

Pool::Explanation Pool::explain(const Facts& facts, TimePoint now, const std::optional<Uuid>& shell) const {
  Known known{facts, affinity_->find(facts.client, now), shell, {}, now};
  if (shell) known.pin = shells_->row(*shell, PinKind::Shell, now);
  if (known.pin) {
    known.facts.pinned = known.pin->server;
    known.facts.pin_is_shell = true;
  }
  const auto entry = known.row ? std::optional(known.row->entry) : std::nullopt;
  const auto all = candidates(known.facts, now);
  const auto policy = policy_for(facts.client);
  const auto choice = choose(known.facts, entry, all, policy);
  return {choice, Sentence(*this, known, all, policy, choice).text()};
}

}  // namespace winrmlb::balance
