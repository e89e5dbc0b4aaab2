// choose(): which server an exchange goes to, and why. The one routing decision, as a pure function.
//
// No locks, no clock, no table: the facts of the exchange and a view of the servers in, a Choice out. Any
// thread.
//
// The rules, first match decides:
//   bound       its server, unless that is down; then nothing, for nobody else could go on with the login. A
//               server that a reload has removed from the pool still serves what is bound to it.
//   pinned      the server that the message's shell lives on; if it is out then nothing, for nobody else
//               knows the shell. What is no shell does not insist: the next rules decide.
//   affinity    the entry's server, if it keeps old clients; a draining one only while the address holds
//               something.
//   failback    instead of affinity, if the address left a better place which is fit again
//               (Policy::failback).
//   assigned    nothing known of the address, or (failover) its server cannot keep it: the lowest priority
//               tier that has a fit server, and in it after Policy::assign. Fit: takes new clients, weight
//               above 0, not full and not crowded. Crowded servers come in only if no other is fit: quotas
//               are mostly a user's, so the next one may still get in. Then those not yet checked, then those
//               under suspicion, then (WhenAllDown::LastKnown) any that the operator has not taken out.
//
// A server that is down but may only be frozen keeps what lives there: pins, and addresses with sessions or
// shells. A draining one keeps an address until it neither lives there nor has sent anything sealed for a
// while; a visible Create goes elsewhere at once, and the entry with it. A Create for which a server has no
// turn goes to another one that has, if its address holds nothing; else it waits there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "winrmlb/balance/server_state.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"

namespace winrmlb::balance {

/// Why an exchange goes where it goes. Metric label, access-log field, and what `explain` answers.
enum class Reason : std::uint8_t {
  Bound,
  Pinned,
  Affinity,
  Assigned,
  Failover,
  Failback,
  Hunted,
  Unavailable
};
std::string_view name_of(Reason reason) noexcept;

/// What is known of an exchange when the server is chosen.
struct Facts {
  ClientAddress client;
  std::optional<ServerId> bound;   // the session's login or sealed traffic lives there
  std::optional<ServerId> pinned;  // the message names a shell, or its like, that lives there
  bool pin_is_shell = true;        // else a context or client session, which is no reason to fail
  bool creates_shell = false;
  std::string_view user = {};  // who creates the shell, if visible
};

/// What is known of an address: its entry in the affinity table.
struct Entry {
  ServerId server;
  std::optional<ServerId> home;      // where it was before a failover
  bool holds = false;                // sessions, pins or recent opaque traffic at `server`
  bool expects = false;              // a session was sent to `server` a moment ago and may be connecting
  bool more_than_a_session = false;  // holds even without one of its sessions
  bool lives = false;                // sessions or shells at `server` now
  bool quiet = true;                 // no sealed traffic so lately that a drain must wait for it
};

/// A server as choose() sees it: the atomics read once.
struct Candidate {
  ServerId id;
  std::uint64_t name_hash = 0;
  std::uint16_t weight = 0;
  std::uint8_t priority = 0;
  bool takes_new = false;
  bool keeps_old = false;
  bool checking = false;  // not yet checked; taken only if nothing takes new clients
  bool suspect = false;   // the same, after those
  bool ready = false;     // by the operator's word; taken whatever its checks say if the policy is LastKnown
  bool frozen = false;    // down, but what lives there may come back
  bool draining = false;
  bool full = false;          // has as many sessions as it may (max_sessions)
  bool crowded = false;       // for this exchange: by a quota of shells, its own or the configured one
  bool busy = false;          // the same: makes as many shells as it may at once, so that a Create would wait
  bool down = false;          // does not even serve what is bound to it
  std::uint16_t ramp = 1000;  // slow start: its share of what it will take, in thousandths
  std::uint32_t clients = 0;
  std::uint32_t shells = 0;
};

struct Choice {
  std::optional<ServerId> server;  // nothing: Unavailable, or Pinned: the shell's server is out
  Reason reason = Reason::Unavailable;
};

struct Policy {
  config::Assign assign = config::Assign::Balanced;
  config::Failback failback = config::Failback::WhenIdle;
  std::optional<ServerId> planned;  // of this client, if the plan names one
  config::WhenAllDown when_all_down = config::WhenAllDown::Reject;
  std::optional<ServerId> pinned_to = {};  // of this client, by an operator's word: before tier and counts
};

/// Whether a server may be given an address that is not there yet.
inline bool is_fit(const Candidate& candidate) noexcept {
  return candidate.takes_new && !candidate.full && !candidate.crowded && candidate.weight > 0;
}

/// Whether nothing keeps an address where it is but that it was there before.
inline bool is_rootless(const Entry& entry) noexcept { return !entry.holds && !entry.expects; }

Choice choose(const Facts& facts, const std::optional<Entry>& entry, std::span<const Candidate> candidates,
              const Policy& policy);

}  // namespace winrmlb::balance
