// What the registry is made of: its stripes, what is counted across them, and the steps that its functions
// share.
//
// Its two promises to others cost it some order of doing things.
//
// To the affinity table: it never counts fewer pins of an address than this registry has. So an address holds
// its server before its pin is here, and until after it has left; and since the affinity table asks this
// registry under its own locks (how many shells has that user there?), nothing is asked of it under a
// stripe's lock. What a step no longer needs held is gathered, and released when the lock is.
//
// To ServerState::shells and the counts per user: they change under the stripe's lock, together with the pin.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <vector>

#include "shell_stripe.h"
#include "user_counts.h"
#include "winrmlb/balance/shells.h"

namespace winrmlb::balance {

/// An address that holds a server in the affinity table by a pin.
struct Hold {
  ClientAddress client;
  ServerId server;
};
using Holds = std::vector<Hold>;

struct ShellRegistry::State {
  static constexpr std::size_t kStripes = ShellRegistry::kParts;
  static constexpr std::size_t kLongestText = 64;

  const std::shared_ptr<AffinityTable> affinity;
  const SaltedHash hash = SaltedHash::random();
  std::vector<std::unique_ptr<ShellStripe>> stripes;
  UserCounts users{hash};
  std::atomic<std::size_t> pins{0};  // and places taken for pins on their way in
  std::atomic<std::size_t> shells{0};
  std::atomic<std::size_t> capacity;
  std::atomic<Duration> default_idle_limit;
  std::vector<PinKey> mirrored;     // the mirror's
  std::atomic<TimePoint> latest{};  // what callers said last, for those who do not say it

  explicit State(std::shared_ptr<AffinityTable> affinity_) : affinity(std::move(affinity_)) {
    for (std::size_t i = 0; i < kStripes; ++i)
      stripes.push_back(std::make_unique<ShellStripe>(hash));
  }

  ShellStripe& stripe_of(const Uuid& id) const noexcept { return *stripes[hash(id) % kStripes]; }
  /// A time that the wire may have named, so that no sum of times overflows.
  static Duration bounded(Duration time) noexcept {
    constexpr Duration kLongest = std::chrono::hours(24 * 30);
    return std::clamp(time, Duration::zero(), kLongest);
  }
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

}  // namespace winrmlb::balance
