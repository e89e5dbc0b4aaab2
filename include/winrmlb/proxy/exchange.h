// Exchange: one request and its response, as facts that outlive the buffers they were read from.
//
// Lives in the session's coroutine while the exchange lasts; each of the eight steps fills in its part, and
// finish() turns it into one line of the access log and a few counters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "winrmlb/balance/choose.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/http/head.h"
#include "winrmlb/proxy/pump.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::proxy {

/// When each step ended. A step that was not reached has the time of the one before.
struct Timeline {
  TimePoint began;  // first byte of the request
  TimePoint read;   // head complete
  TimePoint chosen;
  TimePoint connected;  // TCP; equal to chosen on a session's later exchanges
  TimePoint secured;    // TLS
  TimePoint sent;       // request sent, or the answer came first
  TimePoint answered;   // head of the answer complete
  TimePoint ended;
};

struct Exchange {
  // read, inspect
  std::size_t head_bytes = 0;  // of the request, at the front of the client's input
  http::Method method = http::Method::Other;
  std::string target;
  std::string user;  // if the login names it
  winrm::Scheme scheme = winrm::Scheme::None;
  bool sealed = false;
  bool client_keeps = true;  // the client wants the connection to go on
  Pump request;

  // choose, connect
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

  /// Whether it came as far as the choice of a server.
  bool was_routed() const noexcept { return at.chosen != TimePoint(); }
};

}  // namespace winrmlb::proxy
