#include "winrmlb/balance/affinity.h"

#include "affinity_state.h"
#include "winrmlb/core/check.h"

namespace winrmlb::balance {

namespace {

constexpr int kSweepBatch = 64;  // entries removed in one go under a stripe's lock

}  // namespace

Room AffinityTable::State::make_room(TimePoint now) {
  while (entries.load(std::memory_order_relaxed) >= capacity.load(std::memory_order_relaxed)) {
    Stripe* oldest_in = nullptr;
    TimePoint oldest{};
    for (const auto& stripe : stripes) {
      const std::lock_guard lock(stripe->mutex);
      const auto* record = stripe->oldest_evictable(now, lifetime());
      if (record != nullptr && (oldest_in == nullptr || record->last_used < oldest)) {
        oldest_in = stripe.get();
        oldest = record->last_used;
      }
    }
    if (oldest_in == nullptr) return Room::No;
    const std::lock_guard lock(oldest_in->mutex);
    const auto* record = oldest_in->oldest_evictable(now, lifetime());
    if (record == nullptr) continue;  // it came to life again meanwhile
    remove(*oldest_in, *record);
    ++counters.evicted;
  }
  return Room::Yes;
}

Choice AffinityTable::State::apply(Stripe& stripe, Record* record, const ClientAddress& client,
                                   const Decision& decision, Room room, TimePoint now) {
  const auto& choice = decision.choice;
  if (!choice.server) return choice;
  if (record == nullptr) {
    if (room == Room::No) {
      ++counters.unlisted;
      return choice;
    }
    record = &insert(stripe, client, *choice.server, now);
    record->home = decision.home;
  } else if (record->server != *choice.server) {
    move(*record, decision, now);
  }
  ++record->expected;
  stripe.touch(*record, now, lifetime());
  return choice;
}

AffinityTable::AffinityTable(std::uint32_t capacity, Duration ttl)
    : state_(std::make_unique<State>(capacity, ttl)) {}
AffinityTable::~AffinityTable() = default;

void AffinityTable::adopt(std::span<const std::shared_ptr<ServerState>> servers, std::uint32_t capacity,
                          Duration ttl) {
  const std::lock_guard assignment(state_->assignment);
  for (const auto& server : servers) {
    if (state_->server(server->id) == nullptr) state_->servers.push_back(server);
  }
  state_->capacity = capacity;
  state_->ttl = ttl;
}

std::shared_ptr<ServerState> AffinityTable::server(ServerId id) const {
  const std::lock_guard assignment(state_->assignment);
  for (const auto& server : state_->servers) {
    if (server->id == id) return server;
  }
  return nullptr;
}

std::optional<ServerId> AffinityTable::use(const ClientAddress& client, TimePoint now, const Stays& stays) {
  auto& stripe = state_->stripe_of(client);
  const auto ttl = state_->lifetime();
  const std::lock_guard lock(stripe.mutex);
  auto* record = stripe.find(client);
  if (record == nullptr || record->expired(now, ttl)) return std::nullopt;
  const auto entry = record->entry(now, ttl);
  if (!stays(entry)) return std::nullopt;
  record->expected = entry.expects ? record->expected + 1 : 1;
  stripe.touch(*record, now, ttl);
  return record->server;
}

Choice AffinityTable::settle(const ClientAddress& client, TimePoint now, const Decide& decide) {
  auto& stripe = state_->stripe_of(client);
  const auto ttl = state_->lifetime();
  const std::lock_guard assignment(state_->assignment);
  {
    const std::lock_guard lock(stripe.mutex);
    auto* record = stripe.find(client);
    if (record != nullptr && record->expired(now, ttl)) {
      state_->remove(stripe, *record);
      ++state_->counters.expired;
      record = nullptr;
    }
    if (record != nullptr) {
      const auto entry = record->entry(now, ttl);
      if (!entry.expects) record->expected = 0;
      return state_->apply(stripe, record, client, decide(entry, Room::Yes), Room::Yes, now);
    }
  }
  auto decision = decide(std::nullopt, Room::Yes);
  if (!decision.choice.server) return decision.choice;  // nobody need go for that
  // Room is made without the stripe's lock, for it looks into all of them. No entry of this address can
  // appear meanwhile: that takes the assignment lock.
  const auto room = state_->make_room(now);
  if (room == Room::No) decision = decide(std::nullopt, Room::No);
  const std::lock_guard lock(stripe.mutex);
  return state_->apply(stripe, nullptr, client, decision, room, now);
}

// Whatever lives always has an entry, which this makes if it is gone since the choice or found no room.
template <typename Note>
void AffinityTable::State::note_opened(const ClientAddress& client, ServerId id, TimePoint now, Note note) {
  auto& stripe = stripe_of(client);
  const auto note_and_touch = [&](Record& record) {
    note(record);
    stripe.touch(record, now, lifetime());
  };
  {
    const std::lock_guard lock(stripe.mutex);
    if (auto* record = stripe.find(client)) return note_and_touch(*record);
  }
  const std::lock_guard all(assignment);
  {
    const std::lock_guard lock(stripe.mutex);
    if (auto* record = stripe.find(client)) return note_and_touch(*record);
  }
  make_room(now);
  const std::lock_guard lock(stripe.mutex);
  note_and_touch(insert(stripe, client, id, now));
}

template <typename Note>
void AffinityTable::State::note_closed(const ClientAddress& client, TimePoint now, Note note) {
  auto& stripe = stripe_of(client);
  const auto too_many = [&] { return entries.load() > capacity.load(); };
  {
    const std::lock_guard lock(stripe.mutex);
    auto* record = stripe.find(client);
    WINRMLB_CHECK(record != nullptr);
    note(*record);
    stripe.touch(*record, now, lifetime());
    if (record->busy() || !too_many()) return;
  }
  // An entry above capacity leaves with the last that it has.
  const std::lock_guard all(assignment);
  const std::lock_guard lock(stripe.mutex);
  const auto* record = stripe.find(client);
  if (record == nullptr || record->busy() || !too_many()) return;
  remove(stripe, *record);
  ++counters.evicted;
}

void AffinityTable::session_opened(const ClientAddress& client, ServerId server, TimePoint now) {
  state_->note_opened(client, server, now, [&](Record& record) {
    record.sessions.add(server);
    if (record.server == server && record.expected > 0) --record.expected;
  });
}

void AffinityTable::session_closed(const ClientAddress& client, ServerId server, bool opaque, TimePoint now) {
  state_->note_closed(client, now, [&](Record& record) {
    WINRMLB_CHECK(record.sessions.remove(server));
    if (opaque && record.server == server)
      record.last_opaque = std::max(record.last_opaque.value_or(now), now);
  });
}

void AffinityTable::pin_opened(const ClientAddress& client, ServerId server, TimePoint now) {
  state_->note_opened(client, server, now, [&](Record& record) { record.pins.add(server); });
}

void AffinityTable::pin_closed(const ClientAddress& client, ServerId server, TimePoint now) {
  state_->note_closed(client, now, [&](Record& record) { WINRMLB_CHECK(record.pins.remove(server)); });
}

Room AffinityTable::place(const ClientAddress& client, ServerId server, TimePoint now) {
  auto& stripe = state_->stripe_of(client);
  const std::lock_guard assignment(state_->assignment);
  {
    const std::lock_guard lock(stripe.mutex);
    if (auto* record = stripe.find(client)) {
      if (record->server != server) state_->move(*record, {{server, Reason::Assigned}, std::nullopt}, now);
      record->home.reset();
      stripe.touch(*record, now, state_->lifetime());
      return Room::Yes;
    }
  }
  if (state_->make_room(now) == Room::No) return Room::No;
  const std::lock_guard lock(stripe.mutex);
  state_->insert(stripe, client, server, now);
  return Room::Yes;
}

AffinityTable::Forgotten AffinityTable::forget(const ClientAddress& client, TimePoint now) {
  auto& stripe = state_->stripe_of(client);
  const std::lock_guard assignment(state_->assignment);
  const std::lock_guard lock(stripe.mutex);
  const auto* record = stripe.find(client);
  if (record == nullptr || record->expired(now, state_->lifetime())) return Forgotten::Unknown;
  if (record->busy()) return Forgotten::Busy;
  state_->remove(stripe, *record);
  return Forgotten::Yes;
}

void AffinityTable::sweep(TimePoint now) {
  const auto ttl = state_->lifetime();
  for (const auto& stripe : state_->stripes) {
    {
      const std::lock_guard lock(stripe->mutex);
      stripe->note_untouched(now, ttl);
    }
    int removed = kSweepBatch;
    while (removed == kSweepBatch) {
      const std::lock_guard assignment(state_->assignment);
      const std::lock_guard lock(stripe->mutex);
      for (removed = 0; removed < kSweepBatch; ++removed) {
        const auto* record = stripe->oldest_expired(now, ttl);
        if (record == nullptr) break;
        state_->remove(*stripe, *record);
        ++state_->counters.expired;
      }
    }
  }
}

namespace {

AffinityTable::Row row_of(const Record& record, TimePoint now, Lifetimes ttl) {
  const auto sessions = record.sessions.at(record.server);
  const auto shells = record.pins.at(record.server);
  return {.client = record.client,
          .entry = record.entry(now, ttl),
          .sessions = sessions,
          .sessions_elsewhere = record.sessions.total() - sessions,
          .shells = shells,
          .shells_elsewhere = record.pins.total() - shells,
          .since = record.since,
          .last_used = record.last_used};
}

}  // namespace

std::optional<AffinityTable::Row> AffinityTable::find(const ClientAddress& client, TimePoint now) const {
  auto& stripe = state_->stripe_of(client);
  const auto ttl = state_->lifetime();
  const std::lock_guard lock(stripe.mutex);
  const auto* record = stripe.find(client);
  if (record == nullptr || record->expired(now, ttl)) return std::nullopt;
  return row_of(*record, now, ttl);
}

std::vector<AffinityTable::Row> AffinityTable::snapshot(TimePoint now) const {
  const auto ttl = state_->lifetime();
  std::vector<Row> rows;
  rows.reserve(state_->entries.load() +
               kParts);  // before the locks, so that no allocation happens under them
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    stripe->for_each([&](const Record& record) {
      if (!record.expired(now, ttl)) rows.push_back(row_of(record, now, ttl));
    });
  }
  return rows;
}

void AffinityTable::set_opaque(Duration idle, Duration quiet) {
  state_->opaque_idle = idle;
  state_->opaque_quiet = quiet;
}

std::vector<AffinityTable::Holder> AffinityTable::holders(ServerId server, TimePoint now) const {
  const auto quiet = state_->lifetime().opaque_quiet;
  std::vector<Holder> all;
  for (const auto& stripe : state_->stripes) {
    const std::lock_guard lock(stripe->mutex);
    stripe->for_each([&](const Record& record) {
      Holder holder{record.client, record.sessions.at(server), record.pins.at(server), record.since, {}, {}};
      if (record.server == server && record.last_opaque && now < *record.last_opaque + quiet) {
        holder.last_opaque = record.last_opaque;
        holder.opaque_quiet_at = *record.last_opaque + quiet;
      }
      if (holder.sessions > 0 || holder.shells > 0 || holder.last_opaque) all.push_back(holder);
    });
  }
  return all;
}

AffinityTable::Counters AffinityTable::counters() const {
  const std::lock_guard assignment(state_->assignment);
  auto counters = state_->counters;
  counters.entries = state_->entries.load();
  return counters;
}

}  // namespace winrmlb::balance
