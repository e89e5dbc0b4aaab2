// Counters: what one worker has counted. Written by that worker alone, read by anyone; admin sums them at a
// scrape.
#pragma once

#include <array>
#include <cstddef>

#include "winrmlb/balance/choose.h"
#include "winrmlb/core/result.h"
#include "winrmlb/telemetry/counters.h"
#include "winrmlb/winrm/envelope.h"
#include "winrmlb/winrm/fault.h"
#include "winrmlb/winrm/login.h"

namespace winrmlb::proxy {

using telemetry::Counter;

inline constexpr std::size_t kReasons = static_cast<std::size_t>(balance::Reason::Unavailable) + 1;
inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(ErrorCode::Config) + 1;

struct Counters {
  Counter sessions_accepted;
  Counter sessions_refused;  // over the limit of sessions
  Counter sessions_ended;    // accepted - ended = open
  Counter accept_failures;   // descriptors ran out
  Counter tls_handshakes;    // by clients, completed
  Counter tls_handshake_failures;
  Counter connects;  // to servers, completed
  Counter connect_failures;
  Counter request_bytes;   // sent to servers
  Counter response_bytes;  // sent to clients
  Counter own_replies;
  // Of messages that could be read.
  std::array<Counter, winrm::kActions> operations;                                 // by Action
  std::array<Counter, winrm::kFaultClasses> faults;                                // of servers, by class
  std::array<std::array<Counter, winrm::kLoginOutcomes>, winrm::kSchemes> logins;  // by scheme and outcome
  std::array<Counter, winrm::kRefusals> refusals;                                  // of logins, by why
  Counter logins_blocked;                                                          // too many had failed
  Counter hunts_begun;  // for shells that are not known here
  Counter hunts_found;
  Counter hunts_missed;
  Counter creates_waited;    // Creates that had to wait for a turn
  Counter quota_retries;     // Creates that another server was asked for
  Counter repeats;           // of what changes nothing, after a lost connection
  Counter splits_prevented;  // messages that went to their shell's server instead of the session's
  Counter pin_conflicts;     // messages that name a shell elsewhere on a session that is bound
  std::array<Counter, kReasons> exchanges;  // by reason of the choice
  std::array<Counter, 6> responses;         // by status class; [0] none
  std::array<Counter, kErrorCodes> errors;  // exchanges that ended in an error
};

}  // namespace winrmlb::proxy
