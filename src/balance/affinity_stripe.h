// Stripe: the share of the affinity table that one lock protects. Knows entries and their order of age, and
// nothing of servers or of the other stripes. Every member function wants the lock held.
//
// Each entry is on one of three lists, which a use moves it to the end of:
//   busy       it has sessions or pins: neither expires nor is evicted
//   lingering  neither, but it may hold something that opaque traffic left there
//   idle       holds nothing
// So the longest unused is in front, and neither sweeping nor evicting ever searches.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "change_notes.h"
#include "salted_hash.h"
#include "server_counts.h"
#include "winrmlb/balance/affinity.h"

namespace winrmlb::balance {

/// How long a session may take from being sent to a server until it is connected.
constexpr Duration kConnectingTime = seconds(5);

/// How long what is known of an address counts.
struct Lifetimes {
  Duration ttl;           // of an entry that holds nothing
  Duration opaque_idle;   // of sealed traffic, as something that is held; at most the ttl
  Duration opaque_quiet;  // of the same in a drain
};

struct Record {
  ClientAddress client;
  ServerId server;
  std::optional<ServerId> home;
  ServerCounts sessions;
  ServerCounts pins;           // shells that the address uses
  std::uint32_t expected = 0;  // sessions sent to `server` and not yet connected
  std::optional<TimePoint> last_opaque;
  TimePoint since;
  TimePoint last_used;
  // What the table's mirror knows of it.
  TimePoint told;           // when it was last noted for it
  bool noted = false;       // and that has not been taken yet
  bool moved = false;       // to another server since
  bool told_holds = false;  // as what it was told last

  bool busy() const noexcept { return sessions.total() > 0 || pins.total() > 0; }
  bool lingers(TimePoint now, Lifetimes times) const noexcept {
    return last_opaque && now < *last_opaque + times.opaque_idle;
  }
  bool expired(TimePoint now, Lifetimes times) const noexcept {
    return !busy() && now >= last_used + times.ttl;
  }
  Entry entry(TimePoint now, Lifetimes times) const noexcept;
};

class Stripe {
 public:
  using Records = std::list<Record>;

  explicit Stripe(SaltedHash hash) : index_(0, hash) {}

  mutable std::mutex mutex;

  Record* find(const ClientAddress& client) noexcept;
  Record& insert(const ClientAddress& client, ServerId server, TimePoint now);
  void remove(const ClientAddress& client) noexcept;
  /// Notes a use, and puts the entry at the end of the list where it belongs by now.
  void touch(Record& record, TimePoint now, Lifetimes times) noexcept;
  /// The longest unused of those that hold nothing, or null.
  const Record* oldest_evictable(TimePoint now, Lifetimes times) const noexcept;
  /// Any one that has expired, or null.
  const Record* oldest_expired(TimePoint now, Lifetimes times) const noexcept;
  /// A record of former times, behind those that were used before it.
  void set_back(Record& record, const AffinityTable::Kept& kept, TimePoint now, Lifetimes times) noexcept;

  void watch() { notes_.begin(); }
  /// Notes some of those that are busy and have not been told for too long, though nothing touches them.
  void note_untouched(TimePoint now, Lifetimes times);
  /// Adds what has changed; false: and more has been missed.
  bool take_changes(std::vector<ClientAddress>& room, std::vector<AffinityTable::Change>& changes,
                    TimePoint now, Lifetimes times);

  std::size_t size() const noexcept { return index_.size(); }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const auto* list : {&busy_, &lingering_, &idle_}) {
      for (const auto& record : *list)
        visit(record);
    }
  }

 private:
  struct Place {
    Records* list;
    Records::iterator position;
  };

  static Duration tell_every(Lifetimes times) noexcept { return times.ttl / 8; }
  void note(Record& record, TimePoint now);

  std::unordered_map<ClientAddress, Place, SaltedHash> index_;
  Records busy_;
  Records lingering_;
  Records idle_;
  ChangeNotes<ClientAddress> notes_;
};

AffinityTable::Kept kept_of(const Record& record, TimePoint now, Lifetimes times) noexcept;

}  // namespace winrmlb::balance
