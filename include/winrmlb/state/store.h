// StateStore: where the records live that outlast the process. Its user (app's StateKeeper) tells it what
// has changed, and is told what was there.
//
// Owned by app, all functions on the control thread. None but open() and close() waits for anything: what is
// put goes on its way behind. A store that has missed something, or has grown, wants to be told everything
// once more: then every record is put between begin_all() and end_all(), over as many ticks as its user
// likes, with the changes that happen meanwhile in between.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/state/journal.h"
#include "winrmlb/state/record.h"

namespace winrmlb::state {

/// Why a record is put: it is new or has changed, or it is one of all.
enum class Put : std::uint8_t { Changed, OneOfAll };

class StateStore {
 public:
  /// Told each record that is there, from within open(); and later, from within tick(), what others that
  /// share the store have changed.
  using Heard = std::function<void(const Change&)>;

  virtual ~StateStore() = default;

  /// An error says why the store cannot be used.
  virtual Result<JournalReport> open(WallTime now, Heard heard) = 0;
  virtual void put(const Record& record, Put why) = 0;
  virtual void erase(const Key& key) = 0;
  virtual bool wants_all() const = 0;
  virtual void begin_all() = 0;
  virtual void end_all() = 0;
  /// About ten times a second.
  virtual void tick(TimePoint now) = 0;
  /// When this returns, all that was put is where it lasts, as far as that is possible.
  virtual void close() = 0;

  struct Counters {
    std::uint64_t puts = 0;
    std::uint64_t erases = 0;
    std::uint64_t bytes = 0;     // that it takes now
    std::uint64_t rewrites = 0;  // everything was told once more, to the end
    std::uint64_t failures = 0;  // to write
    bool failing = false;        // the last write
  };
  virtual Counters counters() const = 0;
};

}  // namespace winrmlb::state
