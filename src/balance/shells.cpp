#include "winrmlb/balance/shells.h"

#include <algorithm>

#include "folded_key.h"
#include "shells_state.h"

namespace winrmlb::balance {

namespace {

constexpr int kSweepBatch = 64;  // pins looked at in one go under a stripe's lock

ShellRegistry::Row row_of(const Pin& pin) {
  return {.id = pin.key.id,
          .kind = pin.key.kind,
          .server = pin.server->id,
          .client = pin.holders.latest(),
          .user = pin.user,
          .resource = pin.resource,
          .since = pin.since,
          .last_used = pin.last_used,
          .idle_limit = pin.idle_limit};
}

}  // namespace

ShellRegistry::ShellRegistry(std::shared_ptr<AffinityTable> affinity, std::uint32_t capacity,
                             Duration default_idle_limit)
    : state_(std::make_unique<State>(std::move(affinity))) {
  set_capacity(capacity, default_idle_limit);
}
ShellRegistry::~ShellRegistry() = default;

void ShellRegistry::learn(const NewPin& pin, TimePoint now) {
  const auto server = state_->affinity->server(pin.server);
  if (server == nullptr) return;
  const bool holds = pin.kind == PinKind::Shell;
  if (holds) state_->affinity->pin_opened(pin.client, pin.server, now);
  state_->note_time(now);
  auto& stripe = state_->stripe_of(pin.id);
  Holds spare;
  // False: there is no such pin, and no place for it.
  const auto settle = [&](bool place) {
    const std::lock_guard lock(stripe.mutex);
    auto* known = server->removed ? nullptr : stripe.find({pin.id, pin.kind});
    if (!server->removed && known == nullptr && !place) return false;
    if (server->removed) {
      if (holds) spare.push_back({pin.client, pin.server});
    } else if (known != nullptr) {
      state_->confirm(stripe, *known, pin, *server, now, spare);
    } else {
      state_->insert(stripe, pin, *server, now);
      place = false;
    }
    if (holds) stripe.misses.remove(pin.id);
    if (place) state_->pins.fetch_sub(1, std::memory_order_relaxed);  // somebody else came first
    return true;
  };
  if (!settle(false)) {
    state_->take_place(now);
    settle(true);
  }
  state_->release(spare, now);
}

std::optional<ShellRegistry::Use> ShellRegistry::use(const Uuid& id, PinKind kind,
                                                     const ClientAddress& client, TimePoint now,
                                                     Duration lasting) {
  auto& stripe = state_->stripe_of(id);
  std::optional<Use> used;
  {
    const std::lock_guard lock(stripe.mutex);
    auto* pin = stripe.find({id, kind});
    if (pin == nullptr || pin->expires <= now) return std::nullopt;
    used = {pin->server->id, pin->last_used};
    stripe.note_use(*pin, now, State::bounded(lasting));
    if (pin->holders.note(client)) return used;
    if (kind != PinKind::Shell) {
      pin->holders.add(client);
      return used;
    }
  }
  // Taken over from another address, which holds the server first and is noted then.
  state_->affinity->pin_opened(client, used->server, now);
  std::optional<ClientAddress> spare = client;
  {
    const std::lock_guard lock(stripe.mutex);
    auto* pin = stripe.find({id, kind});
    if (pin != nullptr && pin->server->id == used->server && !pin->holders.note(client)) {
      spare = pin->holders.add(client);
      stripe.note(*pin, now);
    }
  }
  if (spare) state_->affinity->pin_closed(*spare, used->server, now);
  return used;
}

std::optional<ShellRegistry::Use> ShellRegistry::look_up(const Uuid& id, PinKind kind, TimePoint now) const {
  auto& stripe = state_->stripe_of(id);
  const std::lock_guard lock(stripe.mutex);
  const auto* pin = stripe.find({id, kind});
  if (pin == nullptr || pin->expires <= now) return std::nullopt;
  return Use{pin->server->id, pin->last_used};
}

std::optional<ServerId> ShellRegistry::find(const Uuid& id, PinKind kind) const {
  auto& stripe = state_->stripe_of(id);
  const std::lock_guard lock(stripe.mutex);
  const auto* pin = stripe.find({id, kind});
  return pin == nullptr ? std::nullopt : std::optional(pin->server->id);
}

std::optional<ShellRegistry::Row> ShellRegistry::row(const Uuid& id, PinKind kind, TimePoint now) const {
  auto& stripe = state_->stripe_of(id);
  const std::lock_guard lock(stripe.mutex);
  const auto* pin = stripe.find({id, kind});
  if (pin == nullptr || pin->expires <= now) return std::nullopt;
  return row_of(*pin);
}

void ShellRegistry::end(const Uuid& id, PinKind kind, ServerId server) {
  auto& stripe = state_->stripe_of(id);
  Holds spare;
  {
    const std::lock_guard lock(stripe.mutex);
    auto* pin = stripe.find({id, kind});
    if (pin == nullptr || pin->server->id != server) return;
    state_->remove(stripe, *pin, spare);
    ++stripe.counters.ended;
  }
  state_->release(spare, state_->latest.load(std::memory_order_relaxed));
}

std::size_t ShellRegistry::end_all(ServerId server) {
  std::size_t ended = 0;
  for (const auto& stripe : state_->stripes) {
    Holds spare;
    {
      const std::lock_guard lock(stripe->mutex);
      stripe->for_each([&](Pin& pin) {
        if (pin.server->id != server) return;
        state_->remove(*stripe, pin, spare);
        ++stripe->counters.ended;
        ++ended;
      });
    }
    state_->release(spare, state_->latest.load(std::memory_order_relaxed));
  }
  return ended;
}

void ShellRegistry::note_miss(const Uuid& shell, TimePoint now) {
  auto& stripe = state_->stripe_of(shell);
  const std::lock_guard lock(stripe.mutex);
  if (stripe.find({shell, PinKind::Shell}) == nullptr) stripe.misses.touch(shell) = now;
}

bool ShellRegistry::missed_lately(const Uuid& shell, TimePoint now) const {
  auto& stripe = state_->stripe_of(shell);
  const std::lock_guard lock(stripe.mutex);
  const auto* missed = stripe.misses.find(shell);
  return missed != nullptr && now < *missed + kMissTtl;
}

std::uint32_t ShellRegistry::shells_of(std::string_view user, ServerId server) const {
  return state_->users.of(cut(user, State::kLongestText), server);
}

void ShellRegistry::sweep(TimePoint now) {
  state_->note_time(now);
  for (const auto& stripe : state_->stripes) {
    int left = 0;
    while (left == 0) {
      left = kSweepBatch;
      Holds spare;
      {
        const std::lock_guard lock(stripe->mutex);
        while (auto* pin = stripe->next_expired(now, left)) {
          state_->remove(*stripe, *pin, spare);
          ++stripe->counters.expired;
        }
      }
      state_->release(spare, now);
    }
  }
}

void ShellRegistry::set_capacity(std::uint32_t capacity, Duration default_idle_limit) {
  state_->capacity = std::max(capacity, 1U);
  state_->default_idle_limit = default_idle_limit;
  while (state_->pins.load() > state_->capacity.load())
    state_->evict_one(state_->latest.load(std::memory_order_relaxed));
}

std::vector<ShellRegistry::Row> ShellRegistry::snapshot(TimePoint now) const {
  std::vector<Row> rows;
  rows.reserve(state_->pins.load() + State::kStripes);
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    stripe->for_each([&](const Pin& pin) {
      if (pin.expires > now) rows.push_back(row_of(pin));
    });
  }
  return rows;
}

std::size_t ShellRegistry::shells() const noexcept { return state_->shells.load(std::memory_order_relaxed); }

ShellRegistry::Counters ShellRegistry::counters() const {
  Counters sum;
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    sum.learned += stripe->counters.learned;
    sum.ended += stripe->counters.ended;
    sum.expired += stripe->counters.expired;
    sum.evicted += stripe->counters.evicted;
  }
  return sum;
}

}  // namespace winrmlb::balance
