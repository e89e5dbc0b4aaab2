// Counters: what one worker has counted. Written by that worker alone, read by anyone; admin sums them at a
// scrape.
#pragma once

#include <array>
#include <cstddef>

#include "winrmlb/balance/choose.h"
#include "winrmlb/core/result.h"
#include "winrmlb/telemetry/counters.h"

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
  std::array<Counter, kReasons> exchanges;  // by reason of the choice
  std::array<Counter, 6> responses;         // by status class; [0] none
  std::array<Counter, kErrorCodes> errors;  // exchanges that ended in an error
};

}  // namespace winrmlb::proxy
