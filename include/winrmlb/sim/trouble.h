// The faults that a test or a demonstration asks for over the control endpoint.
//
// Pure, owned by the server. One trouble at a time; it can be limited to one operation, one port, and a
// number of requests, after which it is over by itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::sim {

enum class TroubleMode : std::uint8_t {
  None,
  Hang,         // accepts and reads, never answers; nothing is executed
  Refuse,       // the listening sockets are closed
  Reset,        // executes, sends half the answer, then resets the connection
  ResetBefore,  // executes, then resets without a byte of the answer
  Close,        // does not execute; closes the connection without an answer
  Slow,         // executes, answers after a delay
  Unavailable,  // 503 in the shape of http.sys; nothing is executed
  Quota,        // Create is answered with a quota fault
};
std::string_view name_of(TroubleMode mode);
std::optional<TroubleMode> trouble_named(std::string_view name);

struct Trouble {
  TroubleMode mode = TroubleMode::None;
  std::string operation;                  // e.g. "Receive"; empty: every request
  std::string port;                       // "http", "https"; empty: both
  std::uint64_t count = 0;                // 0: until changed
  std::chrono::milliseconds delay{1000};  // Slow
  std::uint32_t code = 2150859173;        // Quota
  std::uint64_t hits = 0;

  bool active() const { return mode != TroubleMode::None && (count == 0 || hits < count); }
  /// Takes one hit if this request is meant. `operation_now` is empty while the request has not been read as
  /// SOAP yet.
  TroubleMode strike(std::string_view operation_now, std::string_view port_now);
};

}  // namespace winrmlb::sim
