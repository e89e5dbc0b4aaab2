// AffinityTable: client address → server, one entry per address and pool, shared by all workers.
//
// The one authority behind promise 1 (one client address, one server). Owned by shared_ptr from the Pool
// snapshots, so that it lives across reloads; every function may be called from any thread.
//
// Two kinds of lock. An address belongs to one of the stripes, and its entry is read and touched under that
// stripe's lock alone: the way of nearly every exchange, without allocation. Whatever makes, moves or removes
// an entry, and so changes ServerState::clients, takes the assignment lock first and then the stripe:
// different new addresses choose one after the other, each sees the counts that the last one left, and they
// land even.
//
// An entry with sessions or pins neither expires nor is evicted; without, it lives until last use + ttl. A
// connection-bound login or sealed traffic (`opaque`) may have left a shell behind, so the entry holds for a
// ttl after the last of it. Bounded: when full, the entry that holds nothing and was used longest ago goes;
// if all hold something, the choice is made by hash and not noted. A session that then connects is noted all
// the same, for its count must be right: so there are at most `capacity` entries, or as many more as there
// are sessions and pins, whose numbers are limited elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "winrmlb/balance/choose.h"
#include "winrmlb/balance/server_state.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

/// Whether the table has room to note a choice.
enum class Room : std::uint8_t { Yes, No };

/// A choice, and what the entry then remembers as the place to return to.
struct Decision {
  Choice choice;
  std::optional<ServerId> home;
};

class AffinityTable {
 public:
  AffinityTable(std::uint32_t capacity, Duration ttl);
  ~AffinityTable();
  AffinityTable(const AffinityTable&) = delete;
  AffinityTable& operator=(const AffinityTable&) = delete;

  /// Takes on the servers, capacity and ttl of a snapshot. Servers of earlier ones stay known, for their
  /// entries.
  void adopt(std::span<const std::shared_ptr<ServerState>> servers, std::uint32_t capacity, Duration ttl);
  std::shared_ptr<ServerState> server(ServerId id) const;

  /// After sealed traffic of an address: how long it holds its server (zero: the ttl), and how long a drain
  /// waits for it.
  void set_opaque(Duration idle, Duration quiet);

  /// Asked with an entry, under its stripe's lock: may the address stay where it is?
  using Stays = std::function<bool(const Entry&)>;
  /// Asked with the entry if there is one, under the assignment lock; `Room::No` only if there is none.
  using Decide = std::function<Decision(const std::optional<Entry>&, Room)>;

  /// Where the address is, if it has an entry and may stay; then a session to there is expected.
  std::optional<ServerId> use(const ClientAddress& client, TimePoint now, const Stays& stays);
  /// Decides and notes the result, as one step towards everybody else. A decision for no server changes
  /// nothing.
  Choice settle(const ClientAddress& client, TimePoint now, const Decide& decide);

  void session_opened(const ClientAddress& client, ServerId server, TimePoint now);
  void session_closed(const ClientAddress& client, ServerId server, bool opaque, TimePoint now);

  /// The address is at `server` from now on, by an operator's word; what it has elsewhere stays until it
  /// ends.
  Room place(const ClientAddress& client, ServerId server, TimePoint now);
  /// Not while it has sessions or shells.
  enum class Forgotten : std::uint8_t { Yes, Unknown, Busy };
  Forgotten forget(const ClientAddress& client, TimePoint now);

  /// A shell at `server` is used from `client`, or no longer: as if it were one more session.
  void pin_opened(const ClientAddress& client, ServerId server, TimePoint now);
  void pin_closed(const ClientAddress& client, ServerId server, TimePoint now);

  /// Removes what has expired. Called about once a second; holds no lock for more than a small batch.
  void sweep(TimePoint now);

  /// An entry as operators see it.
  struct Row {
    ClientAddress client;
    Entry entry;
    std::uint32_t sessions = 0;  // at the entry's server
    std::uint32_t sessions_elsewhere = 0;
    std::uint32_t shells = 0;  // at the entry's server
    std::uint32_t shells_elsewhere = 0;
    TimePoint since;  // when the address came to the server
    TimePoint last_used;
  };
  std::optional<Row> find(const ClientAddress& client, TimePoint now) const;
  /// Each row is right in itself; the whole is not of one instant. In no order.
  std::vector<Row> snapshot(TimePoint now) const;

  /// An address that holds on to a server, wherever its entry is by now.
  struct Holder {
    ClientAddress client;
    std::uint32_t sessions = 0;
    std::uint32_t shells = 0;
    TimePoint since;                       // when the address came
    std::optional<TimePoint> last_opaque;  // its last sealed traffic there, if so lately that a drain waits
    std::optional<TimePoint> opaque_quiet_at;  // when that no longer counts
  };
  std::vector<Holder> holders(ServerId server, TimePoint now) const;

  // ---- a mirror of the table (the state store); one at most, on one thread

  /// An entry, and what it takes to make it again.
  struct Kept {
    ClientAddress client;
    ServerId server;
    std::optional<ServerId> home;
    TimePoint since;
    TimePoint last_used;  // now, if it has sessions or pins
    bool holds = false;   // something of the address may live at the server
  };
  struct Change {
    ClientAddress client;
    std::optional<Kept> entry;  // none: it is gone
  };
  struct Changes {
    std::vector<Change> all;
    bool complete = true;  // false: so many that the mirror must be told everything
  };
  /// From now on changes are noted for take_changes(), and of entries in use each eighth of the ttl that they
  /// are.
  void watch();
  Changes take_changes(TimePoint now);
  /// One of kParts of the table.
  static constexpr std::size_t kParts = 64;
  std::vector<Kept> part(std::size_t index, TimePoint now) const;
  /// An entry of a former process. What held something is taken to hold it still, as after sealed traffic.
  /// Entries come in the order of their use. False: the server is not known, the address has an entry, or
  /// there is no room.
  bool restore(const Kept& entry, TimePoint now);

  struct Counters {
    std::uint64_t entries = 0;  // now
    std::uint64_t evicted = 0;  // removed early because the table was full
    std::uint64_t expired = 0;
    std::uint64_t moves = 0;     // of an address from one server to another
    std::uint64_t unlisted = 0;  // choices by hash because the table was full of entries that hold something
  };
  Counters counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace winrmlb::balance
