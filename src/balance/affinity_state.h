// What the affinity table is made of: its stripes, and what is counted across them under the assignment lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "affinity_stripe.h"
#include "winrmlb/balance/affinity.h"

namespace winrmlb::balance {

struct AffinityTable::State {
  static constexpr std::size_t kStripes = AffinityTable::kParts;

  const SaltedHash hash = SaltedHash::random();
  mutable std::mutex assignment;  // before any stripe's; holders of a stripe's lock must not take it
  std::vector<std::unique_ptr<Stripe>> stripes;
  std::vector<std::shared_ptr<ServerState>> servers;  // under `assignment`
  Counters counters;                                  // under `assignment`
  std::vector<ClientAddress> mirrored;                // the mirror's
  std::atomic<std::size_t> entries{0};                // written under `assignment`
  std::atomic<std::size_t> capacity;
  std::atomic<Duration> ttl;
  std::atomic<Duration> opaque_idle{Duration::zero()};
  std::atomic<Duration> opaque_quiet{Duration::zero()};

  State(std::uint32_t capacity_, Duration ttl_) : capacity(capacity_), ttl(ttl_) {
    for (std::size_t i = 0; i < kStripes; ++i)
      stripes.push_back(std::make_unique<Stripe>(hash));
  }

  Stripe& stripe_of(const ClientAddress& client) noexcept { return *stripes[hash(client) >> 58]; }
  Lifetimes lifetime() const noexcept {
    const Duration all = ttl.load(std::memory_order_relaxed);
    const Duration idle = opaque_idle.load(std::memory_order_relaxed);
    return {all, idle == Duration::zero() ? all : std::min(idle, all),
            opaque_quiet.load(std::memory_order_relaxed)};
  }

  // All below want `assignment` held, and where a stripe is passed, its lock too.

  ServerState* server(ServerId id) const noexcept {
    const auto found =
        std::find_if(servers.begin(), servers.end(), [id](const auto& s) { return s->id == id; });
    return found == servers.end() ? nullptr : found->get();
  }
  void count_client(ServerId id) noexcept {
    if (auto* named = server(id)) named->clients.fetch_add(1, std::memory_order_relaxed);
  }
  void discount_client(ServerId id) noexcept {
    if (auto* named = server(id)) named->clients.fetch_sub(1, std::memory_order_relaxed);
  }
  Record& insert(Stripe& stripe, const ClientAddress& client, ServerId id, TimePoint now) {
    auto& record = stripe.insert(client, id, now);
    count_client(id);
    entries.fetch_add(1, std::memory_order_relaxed);
    return record;
  }
  void remove(Stripe& stripe, const Record& record) noexcept {
    discount_client(record.server);
    const ClientAddress client = record.client;  // outlives the record
    stripe.remove(client);
    entries.fetch_sub(1, std::memory_order_relaxed);
  }
  void move(Record& record, const Decision& decision, TimePoint now) noexcept {
    discount_client(record.server);
    count_client(*decision.choice.server);
    record.server = *decision.choice.server;
    record.home = decision.home;
    record.expected = 0;
    record.last_opaque.reset();  // what it left, it left at the other server
    record.since = now;
    record.moved = true;
    ++counters.moves;
  }
  Room make_room(TimePoint now);
  template <typename Note>
  void note_opened(const ClientAddress& client, ServerId id, TimePoint now, Note note);
  template <typename Note>
  void note_closed(const ClientAddress& client, TimePoint now, Note note);
  Choice apply(Stripe& stripe, Record* record, const ClientAddress& client, const Decision& decision,
               Room room, TimePoint now);
};

}  // namespace winrmlb::balance
