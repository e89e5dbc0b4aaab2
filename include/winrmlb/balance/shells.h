// ShellRegistry: which server holds which shell, for one pool, shared by all workers.
//
// A pin (shell → server) is a routing hint, never an authorisation: whoever follows it still has to log in at
// the server. Pins outlive connections: Reconnect and Connect may come from a new connection, another
// address, hours later. Owned by shared_ptr from the Pool snapshots, so that it lives across reloads; every
// function may be called from any thread (lock-striped by id, no allocation but for a new pin).
//
// Besides shells it knows two lesser kinds of pin: an EnumerationContext, which lives on the server that
// opened it, and a p:SessionId, the client session of Windows and pypsrp. These hold no address to a server.
//
// Learned from a successful Create (DSP0226, MS-WSMV 3.1.4.5), from hunting, or from the state store; ended
// by DeleteResponse, by fault 2150858843 from that server, by restart of the server, or by idle limit plus
// margin. Bounded: when full, the pin used longest ago goes, of the lesser kinds before any shell. A shell
// counts in ServerState::shells, and makes its address hold its server (AffinityTable).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/balance/affinity.h"
#include "winrmlb/balance/server_state.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"
#include "winrmlb/core/uuid.h"

namespace winrmlb::balance {

enum class PinKind : std::uint8_t { Shell, Enumeration, ClientSession };

/// What is learned when a pin is made.
struct NewPin {
  Uuid id;
  PinKind kind = PinKind::Shell;
  ServerId server;
  ClientAddress client;
  std::string_view user;  // if visible; cut at 64 bytes
  std::string_view
      resource;  // of a shell: its ResourceURI, kept as its last part: "cmd", "Microsoft.PowerShell"
  std::optional<Duration> idle_limit;  // rsp:IdleTimeOut; none: the registry's default
};

class ShellRegistry {
 public:
  /// Idle shells are taken for ended this long after their idle limit.
  static constexpr Duration kMargin = seconds(60);
  /// A shell id that no server knew is not hunted for again so soon.
  static constexpr Duration kMissTtl = seconds(30);

  /// `affinity`: told which addresses hold which server by a shell.
  ShellRegistry(std::shared_ptr<AffinityTable> affinity, std::uint32_t capacity, Duration default_idle_limit);
  ~ShellRegistry();
  ShellRegistry(const ShellRegistry&) = delete;
  ShellRegistry& operator=(const ShellRegistry&) = delete;

  /// Notes a pin; one that exists moves to the server named now (a hunt found it there). Nothing is learned
  /// of a server that the affinity table does not know, or that a reload removed.
  void learn(const NewPin& pin, TimePoint now);
  /// Where it lives; the use is noted, and that `client` uses it (a shell may be taken over from another
  /// address by Connect: from then on that address holds the server too). `lasting`: how long the exchange
  /// may keep the shell busy, e.g. the OperationTimeout of a Receive; its idle limit counts from then.
  struct Use {
    ServerId server;
    TimePoint last_used;  // before this use
  };
  std::optional<Use> use(const Uuid& id, PinKind kind, const ClientAddress& client, TimePoint now,
                         Duration lasting = {});
  /// The same, and nothing is noted: for whoever has not proven yet who he is.
  std::optional<Use> look_up(const Uuid& id, PinKind kind, TimePoint now) const;
  std::optional<ServerId> find(const Uuid& id, PinKind kind) const;
  /// It ended, or `server` says that it has no such shell; a pin to another server stays.
  void end(const Uuid& id, PinKind kind, ServerId server);
  /// The server restarted or left: all its pins end. How many did.
  std::size_t end_all(ServerId server);

  void note_miss(const Uuid& shell, TimePoint now);
  bool missed_lately(const Uuid& shell, TimePoint now) const;

  /// Open shells of a user on a server, as far as users are visible; what the server's quota counts.
  std::uint32_t shells_of(std::string_view user, ServerId server) const;

  /// Removes what has expired. Called about once a second; holds no lock for more than a small batch.
  void sweep(TimePoint now);
  void set_capacity(std::uint32_t capacity, Duration default_idle_limit);

  /// A pin as operators see it.
  struct Row {
    Uuid id;
    PinKind kind = PinKind::Shell;
    ServerId server;
    ClientAddress client;  // that used it last
    std::string user;
    std::string resource;
    TimePoint since;
    TimePoint last_used;
    Duration idle_limit{};
  };
  std::optional<Row> row(const Uuid& id, PinKind kind, TimePoint now) const;
  /// Each row is right in itself; the whole is not of one instant. In no order.
  std::vector<Row> snapshot(TimePoint now) const;
  std::size_t shells() const noexcept;

  // ---- a mirror of the registry (the state store); one at most, on one thread

  /// A pin, and what it takes to make it again. Who uses it is not part of that.
  struct Kept {
    Uuid id;
    PinKind kind = PinKind::Shell;
    ServerId server;
    ClientAddress client;
    std::string resource;
    TimePoint since;
    TimePoint last_used;
    Duration idle_limit{};
    TimePoint expires;
  };
  struct Change {
    Uuid id;
    PinKind kind = PinKind::Shell;
    std::optional<Kept> pin;  // none: it is gone
  };
  struct Changes {
    std::vector<Change> all;
    bool complete = true;  // false: so many that the mirror must be told everything
  };
  /// From now on changes are noted for take_changes(), and of pins in use each eighth of their idle limit
  /// that they are.
  void watch();
  Changes take_changes();
  /// One of kParts of the registry.
  static constexpr std::size_t kParts = 64;
  std::vector<Kept> part(std::size_t index) const;
  /// A pin of a former process, in the order of their use. False: its time is over, the server is not known,
  /// or the pin is known already.
  bool restore(const Kept& pin, TimePoint now);

  struct Counters {
    std::uint64_t learned = 0;
    std::uint64_t ended = 0;
    std::uint64_t expired = 0;
    std::uint64_t evicted = 0;
  };
  Counters counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace winrmlb::balance
