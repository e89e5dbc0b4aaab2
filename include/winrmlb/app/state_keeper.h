// StateKeeper: keeps what the process knows in a store that outlasts it, and gives it back after a restart.
//
// Owned by Control, on its thread. Reads what has changed from the tables and the server states, which note
// it under the locks that they take anyway: no session waits for this, or pays more than a comparison.
//
//   load() before anybody is served ──▶ tick(): changes go to the store; all, when it wants them ──▶ close()
//   take_over() of a process that serves ──▶ the store is waited for ──▶ the same
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "winrmlb/admin/drain.h"
#include "winrmlb/balance/pool.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/state/store.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

/// The store that the settings name; null if nothing is to outlast the process.
std::unique_ptr<state::StateStore> make_state_store(const config::State& settings, telemetry::Log& log);

class StateKeeper {
 public:
  /// When the drain of a server ends, if it has a deadline.
  using DrainDeadline = std::function<std::optional<TimePoint>(ServerId)>;

  /// `store` may be null: then nothing is kept.
  StateKeeper(std::unique_ptr<state::StateStore> store, telemetry::Log& log, DrainDeadline drain_deadline);
  ~StateKeeper();

  /// Opens the store and gives the pools what they knew. An error: it cannot be used.
  Status load(std::shared_ptr<const proxy::Snapshot> snapshot, TimePoint now, WallTime wall);
  /// Drains and maintenance that an operator had asked for, to be asked for again; once.
  std::vector<admin::ModeChange> take_modes();
  void adopt(std::shared_ptr<const proxy::Snapshot> snapshot);
  void tick(TimePoint now, WallTime wall);
  /// What has changed is in the store, and the store closed, when this returns.
  void close(TimePoint now, WallTime wall);

  /// Everything as bytes, for a process that takes over; and what that makes of them, after adopt() instead
  /// of load() and before it serves. It opens the store as soon as this process has closed it.
  std::string hand_over(TimePoint now, WallTime wall);
  void take_over(std::string_view bytes, TimePoint now, WallTime wall);

  std::optional<state::StateStore::Counters> counters() const;

 private:
  /// What a load has come to, for the log.
  struct Restored {
    std::int64_t addresses = 0;
    std::int64_t shells = 0;
    std::int64_t words = 0;    // of operators
    std::int64_t unknown = 0;  // of pools and servers that are no longer configured
    std::int64_t refused = 0;  // too old, or no room
  };
  using Words = std::map<state::Key, state::Value>;

  Restored restore(std::vector<state::Change> records, TimePoint now, WallTime wall);
  void restore_word(const state::Change& change, const proxy::PoolEntry& entry, const balance::Member& member,
                    TimePoint now, WallTime wall, Restored& restored);
  void say(const state::JournalReport& report, const Restored& restored);
  void await_store(TimePoint now, WallTime wall);
  void watch();
  void tell_changes(TimePoint now, WallTime wall);
  void tell_words(TimePoint now, WallTime wall);
  void tell_some(TimePoint now, WallTime wall);
  std::size_t tell_part(const proxy::PoolEntry& entry, std::size_t part, TimePoint now, WallTime wall);
  Words words(TimePoint now, WallTime wall) const;
  const std::string& name_of(const balance::Pool& pool, ServerId id);
  std::optional<state::Record> record_of(const balance::Pool& pool, const balance::AffinityTable::Kept& kept,
                                         TimePoint now, WallTime wall);
  std::optional<state::Record> record_of(const balance::Pool& pool, const balance::ShellRegistry::Kept& kept,
                                         TimePoint now, WallTime wall);

  std::unique_ptr<state::StateStore> store_;
  telemetry::Log& log_;
  DrainDeadline drain_deadline_;
  std::shared_ptr<const proxy::Snapshot> snapshot_;
  std::unordered_map<ServerId, std::string> names_;
  enum class Store : std::uint8_t { Closed, Awaited, Open } is_ = Store::Closed;
  TimePoint awaited_since_{};
  TimePoint next_try_{};
  Words told_;  // operators' words, as the store has them
  TimePoint words_seen_{};
  std::vector<admin::ModeChange> modes_;
  bool wants_all_ = false;  // so much has changed that single changes do not tell it
  /// Where telling everything has come to.
  struct Telling {
    std::shared_ptr<const proxy::Snapshot> snapshot;
    std::size_t pool = 0;
    std::size_t part = 0;
  };
  std::optional<Telling> telling_;
};

}  // namespace winrmlb::app
