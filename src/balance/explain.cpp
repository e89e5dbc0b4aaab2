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

std::string condition(const Candidate& candidate) {
  if (candidate.down) return "is down";
  if (!candidate.keeps_old) return "is in maintenance";
  if (candidate.draining) return "is draining";
  if (candidate.weight == 0) return "has weight 0";
  if (candidate.full) return "is full";
  if (candidate.checking) return "is not yet checked";
  if (!candidate.takes_new) return "is suspect";
  return "is fit";
}

}  // namespace

Pool::Explanation Pool::explain(const Facts& facts, TimePoint now) const {
  const auto row = affinity_->find(facts.client, now);
  const auto all = candidates();
  auto policy = policy_for(facts.client);
  const auto entry = row ? std::optional(row->entry) : std::nullopt;
  const auto choice = choose(facts, entry, all, policy);

  const auto name = [&](std::optional<ServerId> id) -> std::string {
    if (!id) return "no server";
    if (const auto* known = member(*id)) return known->settings.name;
    const auto gone = affinity_->server(*id);
    return gone != nullptr ? gone->name : "a server that is gone";
  };
  const auto conditions = [&] {
    std::string text;
    for (const auto& candidate : all)
      text += (text.empty() ? "" : ", ") + name(candidate.id) + " " + condition(candidate);
    return text;
  };
  const auto why_left = [&](ServerId id) -> std::string {
    for (const auto& candidate : all) {
      if (candidate.id == id) return condition(candidate);
    }
    return "is no longer in the pool";
  };
  // The candidates that were compared: those of the chosen one's tier.
  const auto ranking = [&]() -> std::string {
    if (policy.planned == choice.server && choice.server) return "the plan says so";
    if (policy.assign != config::Assign::Balanced) return "by hash of the address";
    const Candidate* chosen = nullptr;
    for (const auto& candidate : all) {
      if (candidate.id == choice.server) chosen = &candidate;
    }
    std::string text;
    bool tie = false;
    for (const auto& candidate : all) {
      if (chosen == nullptr || candidate.priority != chosen->priority) continue;
      if (is_fit(candidate) != is_fit(*chosen) || candidate.weight == 0 || candidate.full) continue;
      text += (text.empty() ? "" : ", ") + name(candidate.id) + " " + std::to_string(candidate.clients);
      tie |= candidate.id != chosen->id && candidate.shells == chosen->shells &&
             (std::uint64_t{candidate.clients} + 1) * chosen->weight ==
                 (std::uint64_t{chosen->clients} + 1) * candidate.weight;
    }
    return "fewest clients per weight (" + text + (tie ? "; tie by hash)" : ")");
  };

  const auto client = facts.client.text();
  const auto to = name(choice.server);
  std::string text;
  switch (choice.reason) {
    case Reason::Bound:
      text = client + " goes to " + to + ": the session's login or sealed messages live there (bound)";
      break;
    case Reason::Pinned:
      text = client + " goes to " + to + ": the shell lives there (pinned)";
      break;
    case Reason::Affinity:
      text = client + " goes to " + to + ": it has " + (row->sessions > 0 ? "had sessions" : "been") +
             " there since " + ago(now - row->since) +
             (row->sessions > 0 ? "" : ", last used " + ago(now - row->last_used)) + " (affinity)";
      break;
    case Reason::Failback:
      text = client + " would go back from " + name(entry->server) + " to " + to +
             ", where it belongs (failback)";
      break;
    case Reason::Failover:
      text = client + " would move from " + name(entry->server) + ", which " + why_left(entry->server) +
             ", to " + to + ": " + ranking() + " (failover)";
      break;
    case Reason::Assigned:
      text = client + " would be assigned to " + to + ": " + ranking();
      break;
    case Reason::Hunted:
    case Reason::Unavailable:
      text = facts.bound ? client + " is bound to " + name(facts.bound) + ", which is down: its session ends"
                         : "no server can take " + client + ": " + conditions();
      break;
  }
  return {choice, std::move(text)};
}

}  // namespace winrmlb::balance
