// ShellStripe: the share of the shell registry that one lock protects. Knows pins, their order of use and
// when they are due to expire; nothing of addresses that hold servers, nor of the other stripes. Every member
// function wants the lock held.
//
// Pins wait for their end in a queue by time. A use does not requeue them: whoever comes to the front and has
// been used since goes back to where it belongs by then, so that a use costs the same however many there are.
#pragma once

#include <array>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "change_notes.h"
#include "recent_map.h"
#include "salted_hash.h"
#include "winrmlb/balance/server_state.h"
#include "winrmlb/balance/shells.h"

namespace winrmlb::balance {

/// The addresses that use a pin, the latest first. Few, for whoever knows the id of a shell can name it from
/// anywhere: one more makes the oldest go, which comes back by its next use.
class Holders {
 public:
  static constexpr std::size_t kMost = 3;

  explicit Holders(const ClientAddress& first) : size_(1) { clients_[0] = first; }

  const ClientAddress& latest() const noexcept { return clients_[0]; }
  /// False if it is not one of them; else it is the latest from now on.
  bool note(const ClientAddress& client) noexcept;
  /// One that is not yet among them; the one that had to go.
  std::optional<ClientAddress> add(const ClientAddress& client) noexcept;
  const ClientAddress* begin() const noexcept { return clients_.data(); }
  const ClientAddress* end() const noexcept { return clients_.data() + size_; }

 private:
  std::array<ClientAddress, kMost> clients_;
  std::size_t size_;
};

struct PinKey {
  Uuid id;
  PinKind kind = PinKind::Shell;
  friend bool operator==(const PinKey&, const PinKey&) = default;
};

struct PinHash {
  SaltedHash salted;
  std::size_t operator()(const PinKey& key) const noexcept {
    return salted.of(key.id.high() ^ static_cast<std::uint64_t>(key.kind), key.id.low());
  }
};

struct Pin {
  using Queue = std::multimap<TimePoint, Pin*>;

  PinKey key;
  ServerState* server;  // never null; the affinity table keeps it
  Holders holders;
  std::string user;
  std::string resource;
  TimePoint since;
  TimePoint last_used;
  Duration idle_limit;
  TimePoint expires;
  TimePoint told{};       // when it was last noted for the mirror
  bool noted = false;     // and that has not been taken yet
  Queue::iterator due{};  // at `expires` or before
  std::list<Pin>::iterator position{};

  bool is_shell() const noexcept { return key.kind == PinKind::Shell; }
};

class ShellStripe {
 public:
  using Pins = std::list<Pin>;
  static constexpr std::size_t kMisses = 1024;

  explicit ShellStripe(SaltedHash hash) : misses(kMisses, hash), index_(0, PinHash{hash}) {}

  mutable std::mutex mutex;
  RecentMap<Uuid, TimePoint> misses;  // shell ids that no server knew, and when
  ShellRegistry::Counters counters;

  Pin* find(const PinKey& key) noexcept;
  Pin& insert(Pin pin);
  void remove(Pin& pin) noexcept;
  /// A use that may last for `lasting`; the pin lives for its idle limit after that.
  void note_use(Pin& pin, TimePoint now, Duration lasting) noexcept;
  /// To a limit that may end its life earlier than it was to.
  void set_idle_limit(Pin& pin, Duration idle_limit, TimePoint now);
  /// As it was in a former process.
  void set_back(Pin& pin, const ShellRegistry::Kept& kept);
  /// The mirror is to be told of it.
  void note(Pin& pin, TimePoint now);
  void watch() { notes_.begin(); }
  /// Adds what has changed; false: and more has been missed.
  bool take_changes(std::vector<PinKey>& room, std::vector<ShellRegistry::Change>& changes);
  /// The first that makes room: lesser pins before shells, and of these the one used longest ago. Or null.
  Pin* first_to_go() noexcept;
  /// The next that has expired, or null; `most` is how many it may look at, and is lowered by that.
  Pin* next_expired(TimePoint now, int& most);

  template <typename Visit>
  void for_each(Visit visit) {
    for (auto* list : {&shells_, &lesser_}) {
      for (auto pin = list->begin(); pin != list->end();)
        visit(*pin++);  // which may remove it
    }
  }

 private:
  Pins& list_of(const Pin& pin) noexcept { return pin.is_shell() ? shells_ : lesser_; }

  std::unordered_map<PinKey, Pins::iterator, PinHash> index_;
  Pins shells_;  // used longest ago first
  Pins lesser_;
  Pin::Queue queue_;
  ChangeNotes<PinKey> notes_;
};

ShellRegistry::Kept kept_of(const Pin& pin);

}  // namespace winrmlb::balance
