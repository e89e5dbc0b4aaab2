// The table's mirror: what the state store is told of entries, and entries that come back from it.
#include "affinity_state.h"
#include "winrmlb/balance/affinity.h"

namespace winrmlb::balance {

void AffinityTable::watch() {
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    stripe->watch();
  }
}

AffinityTable::Changes AffinityTable::take_changes(TimePoint now) {
  const auto ttl = state_->lifetime();
  Changes changes;
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    changes.complete &= stripe->take_changes(state_->mirrored, changes.all, now, ttl);
  }
  return changes;
}

std::vector<AffinityTable::Kept> AffinityTable::part(std::size_t index, TimePoint now) const {
  const auto ttl = state_->lifetime();
  const auto& stripe = *state_->stripes[index];
  std::vector<Kept> all;
  all.reserve(state_->entries.load() / kParts * 2);  // before the lock, mostly enough
  const std::lock_guard lock(stripe.mutex);
  stripe.for_each([&](const Record& record) {
    if (!record.expired(now, ttl)) all.push_back(kept_of(record, now, ttl));
  });
  return all;
}

bool AffinityTable::restore(const Kept& entry, TimePoint now) {
  auto& stripe = state_->stripe_of(entry.client);
  const auto ttl = state_->lifetime();
  if (now >= entry.last_used + ttl.ttl) return false;
  const std::lock_guard assignment(state_->assignment);
  if (state_->server(entry.server) == nullptr) return false;
  if (state_->entries.load() >= state_->capacity.load()) return false;
  const std::lock_guard lock(stripe.mutex);
  if (stripe.find(entry.client) != nullptr) return false;
  stripe.set_back(state_->insert(stripe, entry.client, entry.server, now), entry, now, ttl);
  return true;
}

}  // namespace winrmlb::balance
