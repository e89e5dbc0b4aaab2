// Record: one thing that a balancer knows and must not forget by a restart, in terms that hold beyond the
// process: names instead of ids, the wall clock instead of the monotonic one.
//
// Pure values, any thread. Nothing in it is a secret, and no user is named.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "winrmlb/balance/shells.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/time.h"
#include "winrmlb/core/uuid.h"

namespace winrmlb::state {

/// What a record is about. The numbers are those of the journal.
enum class Kind : std::uint8_t { Address = 1, Pin, Mode, Weight, Assignment, Server };

/// A client address is at a server.
struct Address {
  std::string server;
  std::string home;  // where it goes back to; empty: nowhere else
  WallTime since;
  WallTime last_used;
  bool holds = false;  // something of it may live at the server
  friend bool operator==(const Address&, const Address&) = default;
};

/// A shell, or another thing with an id, lives on a server.
struct Pin {
  std::string server;
  IpAddress client;  // that used it last
  std::string resource;
  WallTime since;
  WallTime last_used;
  seconds idle_limit{};
  friend bool operator==(const Pin&, const Pin&) = default;
};

/// A server is drained or in maintenance by an operator's word. It holds as long as the configuration says
/// the same of the server as it did then.
struct Mode {
  config::ServerMode mode = config::ServerMode::Ready;
  config::ServerMode configured = config::ServerMode::Ready;
  std::optional<WallTime> deadline;
  friend bool operator==(const Mode&, const Mode&) = default;
};

/// The same of a server's weight.
struct Weight {
  std::uint16_t weight = 0;
  std::uint16_t configured = 0;
  friend bool operator==(const Weight&, const Weight&) = default;
};

/// An operator has given an address to a server.
struct Assignment {
  std::string server;
  friend bool operator==(const Assignment&, const Assignment&) = default;
};

/// Where a server was reached: another host is another server, whatever its name.
struct Server {
  std::string host;
  friend bool operator==(const Server&, const Server&) = default;
};

/// In the order of Kind.
using Value = std::variant<Address, Pin, Mode, Weight, Assignment, Server>;
inline Kind kind_of(const Value& value) noexcept { return static_cast<Kind>(value.index() + 1); }

/// Which of a pool's records it is. `subject`: the bytes of an address or id, or a server's name.
struct Key {
  Kind kind = Kind::Address;
  std::string pool;
  std::string subject;

  static Key address(std::string pool, const ClientAddress& client, Kind kind = Kind::Address);
  static Key pin(std::string pool, const Uuid& id, balance::PinKind kind);
  static Key server(std::string pool, std::string name, Kind kind);

  /// What the subject says; nothing if it is none.
  std::optional<IpAddress> ip() const noexcept;
  struct PinId {
    Uuid id;
    balance::PinKind kind = balance::PinKind::Shell;
  };
  std::optional<PinId> pin_id() const noexcept;

  /// The same in every process: the journal names what it has lost by it.
  std::uint64_t hash() const noexcept;

  friend auto operator<=>(const Key&, const Key&) = default;
};

struct Record {
  Key key;
  Value value;
  WallTime expires = WallTime::max();  // from then on it says nothing
  friend bool operator==(const Record&, const Record&) = default;
};

/// A record as it is from now on, or (without a value) that it is gone.
struct Change {
  Key key;
  std::optional<Value> value;
  WallTime expires = WallTime::max();
  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace winrmlb::state
