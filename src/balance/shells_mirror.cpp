// The registry's mirror: what the state store is told of pins, and pins that come back from it.
#include "shells_state.h"
#include "winrmlb/balance/shells.h"

namespace winrmlb::balance {

void ShellRegistry::watch() {
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    stripe->watch();
  }
}

ShellRegistry::Changes ShellRegistry::take_changes() {
  Changes changes;
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    changes.complete &= stripe->take_changes(state_->mirrored, changes.all);
  }
  return changes;
}

std::vector<ShellRegistry::Kept> ShellRegistry::part(std::size_t index) const {
  auto& stripe = *state_->stripes[index];
  std::vector<Kept> all;
  all.reserve(state_->pins.load() / State::kStripes * 2);  // before the lock, mostly enough
  const std::lock_guard lock(stripe.mutex);
  stripe.for_each([&](const Pin& pin) { all.push_back(kept_of(pin)); });
  return all;
}

bool ShellRegistry::restore(const Kept& pin, TimePoint now) {
  if (pin.expires <= now || state_->pins.load() >= state_->capacity.load()) return false;
  auto& stripe = state_->stripe_of(pin.id);
  {
    const std::lock_guard lock(stripe.mutex);
    if (stripe.find({pin.id, pin.kind}) != nullptr) return false;
  }
  learn({.id = pin.id,
         .kind = pin.kind,
         .server = pin.server,
         .client = pin.client,
         .user = {},
         .resource = pin.resource,
         .idle_limit = pin.idle_limit},
        now);
  const std::lock_guard lock(stripe.mutex);
  auto* made = stripe.find({pin.id, pin.kind});
  if (made == nullptr) return false;
  stripe.set_back(*made, pin);
  return true;
}

}  // namespace winrmlb::balance
