// The registry's two promises to others cost it some order of doing things.
//
// To the affinity table: it never counts fewer pins of an address than this registry has. So an address holds
// its server before its pin is here, and until after it has left; and since the affinity table asks this
// registry under its own locks (how many shells has that user there?), nothing is asked of it under a
// stripe's lock. What a step no longer needs held is gathered, and released when the lock is.
//
// To ServerState::shells and the counts per user: they change under the stripe's lock, together with the pin.
#include "winrmlb/balance/shells.h"

#include <algorithm>
#include <atomic>

#include "folded_key.h"
#include "shell_stripe.h"
#include "user_counts.h"

namespace winrmlb::balance {

namespace {

constexpr std::size_t kStripes = 64;
constexpr int kSweepBatch = 64;  // pins looked at in one go under a stripe's lock
constexpr std::size_t kLongestText = 64;
constexpr Duration kLongest = std::chrono::hours(24 * 30);  // so that no sum of times overflows

/// "cmd" of "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd".
std::string_view last_part(std::string_view uri) noexcept {
  return cut(uri.substr(uri.rfind('/') + 1), kLongestText);
}

/// An address that holds a server in the affinity table by a pin.
struct Hold {
  ClientAddress client;
  ServerId server;
};
using Holds = std::vector<Hold>;

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

struct ShellRegistry::State {
  const std::shared_ptr<AffinityTable> affinity;
  const SaltedHash hash = SaltedHash::random();
  std::vector<std::unique_ptr<ShellStripe>> stripes;
  UserCounts users{hash};
  std::atomic<std::size_t> pins{0};  // and places taken for pins on their way in
  std::atomic<std::size_t> shells{0};
  std::atomic<std::size_t> capacity;
  std::atomic<Duration> default_idle_limit;
  std::atomic<TimePoint> latest{};  // what callers said last, for those who do not say it

  explicit State(std::shared_ptr<AffinityTable> affinity_) : affinity(std::move(affinity_)) {
    for (std::size_t i = 0; i < kStripes; ++i)
      stripes.push_back(std::make_unique<ShellStripe>(hash));
  }

  ShellStripe& stripe_of(const Uuid& id) const noexcept { return *stripes[hash(id) >> 58]; }
  void note_time(TimePoint now) noexcept {
    if (latest.load(std::memory_order_relaxed) < now) latest.store(now, std::memory_order_relaxed);
  }
  void release(const Holds& holds, TimePoint now) {
    for (const auto& hold : holds)
      affinity->pin_closed(hold.client, hold.server, now);
  }
  void take_place(TimePoint now);
  void evict_one(TimePoint now);

  // All below want the lock of the pin's stripe held.

  void count(const Pin& pin) {
    if (!pin.is_shell()) return;
    pin.server->shells.fetch_add(1, std::memory_order_relaxed);
    shells.fetch_add(1, std::memory_order_relaxed);
    users.add(pin.user, pin.server->id);
  }
  void discount(const Pin& pin) noexcept {
    if (!pin.is_shell()) return;
    pin.server->shells.fetch_sub(1, std::memory_order_relaxed);
    shells.fetch_sub(1, std::memory_order_relaxed);
    users.remove(pin.user, pin.server->id);
  }
  static void give_up(const Pin& pin, Holds& spare) {
    if (!pin.is_shell()) return;
    for (const auto& client : pin.holders)
      spare.push_back({client, pin.server->id});
  }
  void remove(ShellStripe& stripe, Pin& pin, Holds& spare) {
    give_up(pin, spare);
    discount(pin);
    stripe.remove(pin);
    pins.fetch_sub(1, std::memory_order_relaxed);
  }
  void insert(ShellStripe& stripe, const NewPin& pin, ServerState& server, TimePoint now);
  void confirm(ShellStripe& stripe, Pin& known, const NewPin& pin, ServerState& server, TimePoint now,
               Holds& spare);
};

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
  const auto limit = std::clamp(pin.idle_limit.value_or(default_idle_limit.load(std::memory_order_relaxed)),
                                Duration::zero(), kLongest);
  count(stripe.insert({.key = {pin.id, pin.kind},
                       .server = &server,
                       .holders = Holders(pin.client),
                       .user = std::string(cut(pin.user, kLongestText)),
                       .resource = std::string(last_part(pin.resource)),
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
  if (!pin.resource.empty()) known.resource = last_part(pin.resource);
  count(known);
  if (pin.idle_limit)
    stripe.set_idle_limit(known, std::clamp(*pin.idle_limit, Duration::zero(), kLongest), now);
  stripe.note_use(known, now, Duration::zero());
}

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
    stripe.note_use(*pin, now, std::clamp(lasting, Duration::zero(), kLongest));
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
    if (pin != nullptr && pin->server->id == used->server && !pin->holders.note(client))
      spare = pin->holders.add(client);
  }
  if (spare) state_->affinity->pin_closed(*spare, used->server, now);
  return used;
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
  return state_->users.of(cut(user, kLongestText), server);
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
  rows.reserve(state_->pins.load() + kStripes);
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
