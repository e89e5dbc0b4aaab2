#include "winrmlb/app/state_keeper.h"

#include <algorithm>
#include <utility>

#include "state_times.h"
#include "winrmlb/state/file_store.h"
#include "winrmlb/state/memory_store.h"

namespace winrmlb::app {

using balance::AffinityTable;
using balance::ShellRegistry;
using state::Key;
using state::Kind;
using state::Put;

namespace {

constexpr milliseconds kLookAtWords{500};
constexpr milliseconds kTryStore{200};
constexpr seconds kSayAfter{10};
constexpr std::size_t kRecordsPerTick = 4096;  // while everything is told
constexpr std::size_t kParts = AffinityTable::kParts + ShellRegistry::kParts;

}  // namespace

std::unique_ptr<state::StateStore> make_state_store(const config::State& settings, telemetry::Log& log) {
  switch (settings.store) {
    case config::StateStore::Memory:
      return nullptr;
    case config::StateStore::File:
      return std::make_unique<state::FileStore>(state::FileStoreOptions{.path = settings.path}, log);
  }
  return nullptr;
}

StateKeeper::StateKeeper(std::unique_ptr<state::StateStore> store, telemetry::Log& log,
                         DrainDeadline drain_deadline)
    : store_(std::move(store)), log_(log), drain_deadline_(std::move(drain_deadline)) {}

StateKeeper::~StateKeeper() = default;

std::optional<state::StateStore::Counters> StateKeeper::counters() const {
  if (is_ == Store::Closed) return std::nullopt;
  return store_->counters();
}

void StateKeeper::adopt(std::shared_ptr<const proxy::Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  for (const auto& entry : snapshot_->pools) {
    for (const auto& member : entry.pool->members())
      names_.emplace(member.state->id, member.settings.name);
  }
  if (store_) watch();
}

void StateKeeper::watch() {
  for (const auto& entry : snapshot_->pools) {
    entry.pool->affinity().watch();
    entry.pool->shells().watch();
  }
}

void StateKeeper::tick(TimePoint now, WallTime wall) {
  if (is_ == Store::Awaited) await_store(now, wall);
  if (is_ != Store::Open) return;
  tell_changes(now, wall);
  if (now >= words_seen_ + kLookAtWords) {
    words_seen_ = now;
    tell_words(now, wall);
  }
  if (!telling_ && (wants_all_ || store_->wants_all())) {
    wants_all_ = false;
    store_->begin_all();
    telling_ = Telling{snapshot_};
    for (const auto& [key, value] : told_)
      store_->put({key, value}, Put::OneOfAll);
  }
  if (telling_) tell_some(now, wall);
  store_->tick(now);
}

void StateKeeper::close(TimePoint now, WallTime wall) {
  if (is_ == Store::Open) {
    tell_changes(now, wall);
    tell_words(now, wall);
    store_->close();
  }
  is_ = Store::Closed;
}

// The former process holds the store until it has handed on. What it has there is what it told us, or older.
void StateKeeper::await_store(TimePoint now, WallTime wall) {
  if (now < next_try_) return;
  if (next_try_ == TimePoint{}) awaited_since_ = now;
  next_try_ = now + kTryStore;
  const auto opened = store_->open(wall, [](const state::Change&) {});
  if (opened) {
    is_ = Store::Open;
  } else if (now >= awaited_since_ + kSayAfter) {
    awaited_since_ = TimePoint::max() - kSayAfter;
    log_.write(telemetry::Level::Error, "the state is not written: the store cannot be opened",
               {{"detail", opened.error().detail}});
  }
}

// ---- what has changed
// -------------------------------------------------------------------------------------------

void StateKeeper::tell_changes(TimePoint now, WallTime wall) {
  for (const auto& entry : snapshot_->pools) {
    auto& pool = *entry.pool;
    auto addresses = pool.affinity().take_changes(now);
    for (const auto& change : addresses.all) {
      const auto record = change.entry ? record_of(pool, *change.entry, now, wall) : std::nullopt;
      if (record) {
        store_->put(*record, Put::Changed);
      } else {
        store_->erase(Key::address(pool.name(), change.client));
      }
    }
    auto pins = pool.shells().take_changes();
    for (const auto& change : pins.all) {
      const auto record = change.pin ? record_of(pool, *change.pin, now, wall) : std::nullopt;
      if (record) {
        store_->put(*record, Put::Changed);
      } else {
        store_->erase(Key::pin(pool.name(), change.id, change.kind));
      }
    }
    if (!addresses.complete || !pins.complete) wants_all_ = true;
  }
}

void StateKeeper::tell_words(TimePoint now, WallTime wall) {
  auto current = words(now, wall);
  for (const auto& [key, value] : current) {
    const auto before = told_.find(key);
    if (before == told_.end() || before->second != value) store_->put({key, value}, Put::Changed);
  }
  for (const auto& [key, value] : told_) {
    if (!current.contains(key)) store_->erase(key);
  }
  told_ = std::move(current);
}

// An operator's word, and what it was said of. What the configuration says is no word of his.
StateKeeper::Words StateKeeper::words(TimePoint now, WallTime wall) const {
  Words all;
  for (const auto& entry : snapshot_->pools) {
    const auto& pool = entry.pool->name();
    for (const auto& member : entry.pool->members()) {
      const auto& settings = member.settings;
      all[Key::server(pool, settings.name, Kind::Server)] = state::Server{settings.host};
      if (const auto weight = member.state->weight_by_command.load(); weight >= 0) {
        all[Key::server(pool, settings.name, Kind::Weight)] =
            state::Weight{static_cast<std::uint16_t>(weight), settings.weight};
      }
      const auto mode = member.state->mode.load();
      if (mode == settings.state) continue;
      state::Mode word{mode, settings.state, std::nullopt};
      if (const auto deadline = drain_deadline_(member.state->id)) {
        // To the second, so that it is the same each time.
        word.deadline = std::chrono::round<seconds>(wall_of(*deadline, now, wall));
      }
      all[Key::server(pool, settings.name, Kind::Mode)] = word;
    }
    for (const auto& [client, server] : entry.pool->client_pins().all()) {
      if (const auto* member = entry.pool->member(server))
        all[Key::address(pool, client, Kind::Assignment)] = state::Assignment{member->settings.name};
    }
  }
  return all;
}

// ---- everything
// -------------------------------------------------------------------------------------------------

void StateKeeper::tell_some(TimePoint now, WallTime wall) {
  std::size_t told = 0;
  while (told < kRecordsPerTick) {
    if (telling_->pool == telling_->snapshot->pools.size()) {
      store_->end_all();
      telling_.reset();
      return;
    }
    told += tell_part(telling_->snapshot->pools[telling_->pool], telling_->part, now, wall);
    if (++telling_->part == kParts) {
      telling_->part = 0;
      ++telling_->pool;
    }
  }
}

std::size_t StateKeeper::tell_part(const proxy::PoolEntry& entry, std::size_t part, TimePoint now,
                                   WallTime wall) {
  auto& pool = *entry.pool;
  const auto tell = [&](const auto& rows) {
    for (const auto& kept : rows) {
      if (const auto record = record_of(pool, kept, now, wall)) store_->put(*record, Put::OneOfAll);
    }
    return rows.size();
  };
  if (part < AffinityTable::kParts) return tell(pool.affinity().part(part, now));
  return tell(pool.shells().part(part - AffinityTable::kParts));
}

const std::string& StateKeeper::name_of(const balance::Pool& pool, ServerId id) {
  static const std::string kNone;
  const auto known = names_.find(id);
  if (known != names_.end()) return known->second;
  const auto state = pool.affinity().server(id);  // of a snapshot that came and went
  return state ? names_.emplace(id, state->name).first->second : kNone;
}

std::optional<state::Record> StateKeeper::record_of(const balance::Pool& pool,
                                                    const AffinityTable::Kept& kept, TimePoint now,
                                                    WallTime wall) {
  const auto& server = name_of(pool, kept.server);
  if (server.empty()) return std::nullopt;
  return state::Record{.key = Key::address(pool.name(), kept.client),
                       .value = state::Address{.server = server,
                                               .home = kept.home ? name_of(pool, *kept.home) : "",
                                               .since = wall_of(kept.since, now, wall),
                                               .last_used = wall_of(kept.last_used, now, wall),
                                               .holds = kept.holds},
                       .expires = wall_of(kept.last_used + pool.settings().affinity.ttl, now, wall)};
}

std::optional<state::Record> StateKeeper::record_of(const balance::Pool& pool,
                                                    const ShellRegistry::Kept& kept, TimePoint now,
                                                    WallTime wall) {
  const auto& server = name_of(pool, kept.server);
  if (server.empty()) return std::nullopt;
  return state::Record{
      .key = Key::pin(pool.name(), kept.id, kept.kind),
      .value = state::Pin{.server = server,
                          .client = kept.client.ip(),
                          .resource = kept.resource,
                          .since = wall_of(kept.since, now, wall),
                          .last_used = wall_of(kept.last_used, now, wall),
                          .idle_limit = std::chrono::duration_cast<seconds>(kept.idle_limit)},
      .expires = wall_of(kept.expires, now, wall)};
}

}  // namespace winrmlb::app
