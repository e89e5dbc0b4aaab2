// Exchange: one request and its response, as facts that outlive the buffers they were read from.
//
// Lives in the session's coroutine while the exchange lasts; each of the eight steps fills in its part, and
// finish() turns it into one line of the access log and a few counters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "winrmlb/balance/choose.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/http/head.h"
#include "winrmlb/proxy/pump.h"

namespace winrmlb::proxy {

/// When each step ended, in microseconds from the first byte of the request. A step that was not reached, or
/// took no time, has 0 or the time of an earlier one.
struct Timeline {
  TimePoint began;
  std::uint32_t read = 0;  // head complete
  std::uint32_t chosen = 0;
  std::uint32_t connected = 0;  // TCP
  std::uint32_t secured = 0;    // TLS
  std::uint32_t sent = 0;       // request sent, or the answer came first
  std::uint32_t answered = 0;   // head of the answer complete
  std::uint32_t ended = 0;

  void mark(std::uint32_t Timeline::*step, TimePoint now) noexcept {
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - began).count();
    this->*step = static_cast<std::uint32_t>(std::clamp<std::int64_t>(passed, 0, UINT32_MAX));
  }
};

struct Exchange {
  // read, inspect
  std::size_t head_bytes = 0;      // of the request, at the front of the client's input
  std::string host;                // kept if there are routes
  std::unique_ptr<Error> refused;  // at the door
  http::Method method = http::Method::Other;
  std::string target;
  bool sealed = false;
  bool client_keeps = true;  // the client wants the connection to go on
  Pump request;

  // choose, connect
  bool was_routed = false;  // came as far as the choice of a server
  balance::Choice choice;

  // receive, reply
  std::uint16_t status = 0;
  std::uint64_t interim_bytes = 0;  // of `response`: 1xx, after which the answer itself is still to come
  bool server_keeps = true;
  bool own_reply = false;
  std::uint64_t own_reply_bytes = 0;
  Pump response;

  std::unique_ptr<Error> error;  // what ended it, if not its answer
  Timeline at;
};

}  // namespace winrmlb::proxy
