// Pool: the servers that stand for each other, and which client address belongs to which of them.
//
// A Pool is a snapshot, built from Settings at load and reload, immutable and shared by all workers; what
// lasts (ServerState, AffinityTable, ShellRegistry, Hunts) it holds by shared_ptr and hands on to its
// successor. Routing is `route()`: look-ups by the lock-striped table, the choice itself by the pure choose()
// (balance/choose.h).
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "winrmlb/balance/affinity.h"
#include "winrmlb/balance/choose.h"
#include "winrmlb/balance/client_pins.h"
#include "winrmlb/balance/hunts.h"
#include "winrmlb/balance/plan.h"
#include "winrmlb/balance/server_state.h"
#include "winrmlb/balance/shells.h"
#include "winrmlb/balance/visibility.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

/// A server as this snapshot configures it.
struct Member {
  config::Server settings;
  std::shared_ptr<ServerState> state;
  std::uint64_t name_hash = 0;  // stable_hash() of the name: the same on every balancer

  /// As an operator has said, else as configured.
  std::uint16_t weight() const noexcept {
    const auto said = state->weight_by_command.load(std::memory_order_relaxed);
    return said < 0 ? settings.weight : static_cast<std::uint16_t>(said);
  }
};

class Pool {
 public:
  /// `predecessor` (may be null): the snapshot before a reload, whose table and states go on for the servers
  /// of the same name and host: another host is another server. `next_server_id` is advanced for each server
  /// not seen before. A server takes the mode that its settings say if it is new or they have changed; an
  /// operator's drain outlasts a reload that does not speak of it. What the predecessor shares stays as it is
  /// until commit().
  Pool(PoolId id, const config::Pool& settings, std::uint32_t affinity_capacity, const Pool* predecessor,
       ServerId& next_server_id, std::uint32_t pin_capacity = config::Limits{}.pins);

  /// Takes over from the predecessor: modes, ttl and capacities follow these settings from now on, and shells
  /// on servers that are no longer there end. Once, when nothing of the reload can fail any more.
  void commit();

  PoolId id() const noexcept { return id_; }
  const std::string& name() const noexcept { return settings_.name; }
  const config::Pool& settings() const noexcept { return settings_; }
  const std::vector<Member>& members() const noexcept { return members_; }
  const Member* member(ServerId id) const noexcept;
  const Member* member(std::string_view name) const noexcept;

  ClientAddress client_of(const IpAddress& address) const noexcept;

  /// Where an exchange of this client goes. For an address without an entry the choice is in the table when
  /// this returns (insert-if-absent, serialised per pool), so that sixty-four first connections agree. Asked
  /// when a session needs a server connection; one that has its own, and no pin elsewhere, keeps it. A choice
  /// by the address makes the entry expect a session_opened() within some seconds, until which it does not
  /// fail back.
  Choice route(const Facts& facts, TimePoint now);

  /// Where one session goes that is not to follow its address: to the fit server with the fewest sessions per
  /// weight. Nothing is noted.
  Choice place_session(const ClientAddress& client, TimePoint now) const;

  /// A connect to `failed` did not succeed. An address that holds nothing there moves (compare-and-swap:
  /// whoever comes second gets the first one's answer); one that holds something stays until the verdict.
  struct Moved {
    bool moved = false;
    Choice choice;  // if moved
  };
  Moved move_away(const ClientAddress& client, ServerId failed, TimePoint now);

  /// `not_here` refused to create a shell, its quota being full. Another fit server, to which the entry moves
  /// along (whoever comes second gets the first one's answer); nothing if there is none, or if the address
  /// holds anything beside the session that asks.
  std::optional<Choice> route_create_elsewhere(const Facts& facts, ServerId not_here, TimePoint now);
  /// The server reported a full quota: for `shells.full_for` it counts as crowded.
  void mark_full(ServerId server, TimePoint now);

  /// Where a shell that `not_here` does not know may be looked for: servers that are up or not checked yet,
  /// ready or draining, in rendezvous order of the client.
  std::vector<ServerId> other_fit_servers(ServerId not_here, const ClientAddress& client = {}) const;

  /// A session of `client` has a server connection to `server`, or no longer has it. `opaque`: it carried a
  /// connection-bound login or sealed messages, so that something may live on there after the last session.
  void session_opened(const ClientAddress& client, ServerId server, TimePoint now);
  void session_closed(const ClientAddress& client, ServerId server, bool opaque, TimePoint now);

  /// What route() would say, changing nothing, and the sentence for the operator. `shell`: of a message that
  /// names it.
  struct Explanation {
    Choice choice;
    std::string text;
  };
  Explanation explain(const Facts& facts, TimePoint now, const std::optional<Uuid>& shell = {}) const;

  AffinityTable& affinity() noexcept { return *affinity_; }
  const AffinityTable& affinity() const noexcept { return *affinity_; }
  ShellRegistry& shells() noexcept { return *shells_; }
  const ShellRegistry& shells() const noexcept { return *shells_; }
  Hunts& hunts() noexcept { return *hunts_; }
  SeenTiers& tiers() noexcept { return *tiers_; }
  const SeenTiers& tiers() const noexcept { return *tiers_; }

  /// An operator's word that an address belongs to a server: its entry is there from now on, and what it has
  /// elsewhere stays until it ends. False: there are too many.
  bool pin(const ClientAddress& client, ServerId server, TimePoint now);
  const ClientPins& client_pins() const noexcept { return *client_pins_; }
  /// The address is as one never seen, an operator's word about it included. Not while it has sessions or
  /// shells.
  AffinityTable::Forgotten forget(const ClientAddress& client, TimePoint now);
  /// The map of `assign: planned` as it stands: which clients go where, those servers left out that are out.
  std::shared_ptr<const Plan> plan() const { return current_plan(); }
  const std::vector<ClientAddress>& listed_clients() const noexcept { return planned_clients_; }

 private:
  Candidate candidate(const Member& member, const Facts& facts, TimePoint now) const;
  std::vector<Candidate> candidates(const Facts& facts, TimePoint now) const;
  std::uint16_t ramp_of(const ServerState& state, TimePoint now) const noexcept;
  static bool is_full(const Member& member) noexcept;
  bool is_crowded(const Member& member, const Facts& facts, TimePoint now) const;
  static bool is_busy(const Member& member, const Facts& facts) noexcept;
  Policy policy_for(const ClientAddress& client) const;
  std::shared_ptr<const Plan> current_plan() const;
  std::optional<Choice> route_without_affinity(const Facts& facts, TimePoint now) const;
  bool may_stay(const Facts& facts, const Entry& entry, TimePoint now) const;
  Decision decide(const Facts& facts, const std::optional<Entry>& entry, const Policy& policy, TimePoint now,
                  std::optional<ServerId> avoid) const;

  PoolId id_;
  config::Pool settings_;
  std::vector<Member> members_;
  std::vector<ClientAddress> planned_clients_;
  std::shared_ptr<AffinityTable> affinity_;
  std::uint32_t affinity_capacity_;
  std::shared_ptr<ShellRegistry> shells_;
  std::uint32_t pin_capacity_;
  std::shared_ptr<Hunts> hunts_;
  std::shared_ptr<SeenTiers> tiers_;
  std::shared_ptr<ClientPins> client_pins_;
  std::vector<std::shared_ptr<ServerState>> removed_;                               // at commit()
  std::vector<std::pair<std::shared_ptr<ServerState>, config::ServerMode>> modes_;  // at commit()
  std::vector<std::shared_ptr<ServerState>> reweighted_;                            // at commit()
  mutable std::mutex plan_mutex_;
  mutable std::shared_ptr<const Plan>
      plan_;  // the last one made; it holds as long as the same servers are out
};

}  // namespace winrmlb::balance
