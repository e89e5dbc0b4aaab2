#include "shells_state.h"

#include "folded_key.h"

namespace winrmlb::balance {

namespace {

/// "cmd" of "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd".
std::string_view last_part(std::string_view uri) noexcept { return uri.substr(uri.rfind('/') + 1); }

}  // namespace

// Exact whatever the number of threads: a place is taken before the pin comes, by one more only if that is
// within capacity.
void ShellRegistry::State::take_place(TimePoint now) {
  auto taken = pins.load(std::memory_order_relaxed);
  while (true) {
    if (taken >= capacity.load(std::memory_order_relaxed)) {
      evict_one(now);
      taken = pins.load(std::memory_order_relaxed);
    } else if (pins.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) {
      return;
    }
  }
}

void ShellRegistry::State::evict_one(TimePoint now) {
  ShellStripe* first_in = nullptr;
  std::pair<bool, TimePoint> first{};
  for (const auto& stripe : stripes) {
    const std::lock_guard lock(stripe->mutex);
    const auto* pin = stripe->first_to_go();
    if (pin == nullptr) continue;
    const std::pair place{pin->is_shell(), pin->last_used};
    if (first_in == nullptr || place < first) {
      first_in = stripe.get();
      first = place;
    }
  }
  if (first_in == nullptr) return;  // all places belong to pins on their way in
  Holds spare;
  {
    const std::lock_guard lock(first_in->mutex);
    auto* pin = first_in->first_to_go();
    if (pin == nullptr) return;
    remove(*first_in, *pin, spare);
    ++first_in->counters.evicted;
  }
  release(spare, now);
}

void ShellRegistry::State::insert(ShellStripe& stripe, const NewPin& pin, ServerState& server,
                                  TimePoint now) {
  const auto limit = bounded(pin.idle_limit.value_or(default_idle_limit.load(std::memory_order_relaxed)));
  count(stripe.insert({.key = {pin.id, pin.kind},
                       .server = &server,
                       .holders = Holders(pin.client),
                       .user = std::string(cut(pin.user, kLongestText)),
                       .resource = std::string(cut(last_part(pin.resource), kLongestText)),
                       .since = now,
                       .last_used = now,
                       .idle_limit = limit,
                       .expires = now + limit + kMargin}));
  ++stripe.counters.learned;
}

/// A pin that is known is learned again. Its client holds the server already, perhaps once too often.
void ShellRegistry::State::confirm(ShellStripe& stripe, Pin& known, const NewPin& pin, ServerState& server,
                                   TimePoint now, Holds& spare) {
  discount(known);
  if (known.server != &server) {
    give_up(known, spare);  // others that use it will hold the new server when they do so again
    known.server = &server;
    known.holders = Holders(pin.client);
  } else if (known.holders.note(pin.client)) {
    if (known.is_shell()) spare.push_back({pin.client, server.id});
  } else if (const auto gone = known.holders.add(pin.client); gone && known.is_shell()) {
    spare.push_back({*gone, server.id});
  }
  if (!pin.user.empty()) known.user = cut(pin.user, kLongestText);
  if (!pin.resource.empty()) known.resource = cut(last_part(pin.resource), kLongestText);
  count(known);
  if (pin.idle_limit) stripe.set_idle_limit(known, bounded(*pin.idle_limit), now);
  stripe.note_use(known, now, Duration::zero());
  stripe.note(known, now);
}

}  // namespace winrmlb::balance
