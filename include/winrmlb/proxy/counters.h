// Counters: what one worker has counted of itself. Written by that worker alone, read by anyone; admin sums
// them at a scrape. What exchanges came to, by pool and server, is in traffic.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "winrmlb/core/result.h"
#include "winrmlb/proxy/traffic.h"
#include "winrmlb/telemetry/counters.h"
#include "winrmlb/winrm/login.h"

namespace winrmlb::proxy {

/// The time that the balancer itself adds to an exchange, or lets pass on its own account.
enum class Phase : std::uint8_t {
  Choose,   // routing, and reading the message for it
  Connect,  // TCP to the server, waiting for a verdict on it included
  Tls,      // the handshake with it
};
inline constexpr std::size_t kPhases = static_cast<std::size_t>(Phase::Tls) + 1;

// In microseconds.
inline constexpr std::uint64_t kOverheadBounds[] = {
    5, 10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 500'000, 2'500'000};
using Overhead = telemetry::Histogram<kOverheadBounds>;

struct Counters {
  Counter sessions_accepted;
  Counter sessions_refused;  // over the limit of sessions
  Counter sessions_ended;    // accepted - ended = open
  Counter accept_failures;   // descriptors ran out
  Counter tls_handshakes;    // by clients, completed
  Counter tls_handshake_failures;
  Counter connects;  // to servers, completed
  Counter connect_failures;
  Counter exchanges_begun;
  Counter exchanges_ended;  // begun - ended = in flight
  Counter request_bytes;    // sent to servers
  Counter response_bytes;   // sent to clients
  Counter own_replies;
  std::array<std::array<Counter, winrm::kLoginOutcomes>, winrm::kSchemes> logins;  // by scheme and outcome
  std::array<Counter, winrm::kRefusals> refusals;                                  // of logins, by why
  Counter logins_blocked;                                                          // too many had failed
  Counter hunts_begun;  // for shells that are not known here
  Counter hunts_found;
  Counter hunts_missed;
  Counter creates_waited;            // Creates that had to wait for a turn
  Counter quota_retries;             // Creates that another server was asked for
  Counter repeats;                   // of what changes nothing, after a lost connection
  Counter splits_prevented;          // messages that went to their shell's server instead of the session's
  Counter pin_conflicts;             // messages that name a shell elsewhere on a session that is bound
  std::array<Counter, 6> responses;  // by status class; [0] none
  std::array<Counter, kErrorCodes> errors;  // exchanges that ended in an error
  std::array<Overhead, kPhases> overhead;   // of exchanges that came so far
  Overhead turns;                           // of the event loop: who becomes ready meanwhile waits so long
};

}  // namespace winrmlb::proxy
