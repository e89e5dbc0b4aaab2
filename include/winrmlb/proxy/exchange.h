// Exchange: one request and its response, as facts that outlive the buffers they were read from.
//
// Lives in the session's coroutine while the exchange lasts; each of the eight steps fills in its part, and
// finish() turns it into one line of the access log and a few counters.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "winrmlb/balance/choose.h"
#include "winrmlb/balance/create_limiter.h"
#include "winrmlb/balance/shells.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/http/head.h"
#include "winrmlb/proxy/pump.h"
#include "winrmlb/proxy/server_link.h"
#include "winrmlb/winrm/envelope.h"
#include "winrmlb/winrm/login.h"

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

/// An exchange that has been sent more than once: a hunt for its shell, or an operation that is safe to
/// repeat.
struct Retry {
  std::vector<ServerId> tried;
  bool hunts = false;      // counted in the pool's Hunts
  std::uint8_t times = 0;  // sent again
  // A hunt that finds nothing gives the client the first answer, which waits in the input of its link.
  ServerLink* first_link = nullptr;
  Pump first_answer;
  std::uint16_t first_status = 0;
  winrm::EnvelopeFacts first_facts;
};

struct Exchange {
  // read, inspect
  std::size_t head_bytes = 0;      // of the request, at the front of the client's input
  std::string host;                // kept if there are routes
  std::unique_ptr<Error> refused;  // at the door
  http::Method method = http::Method::Other;
  std::string target;
  bool sealed = false;
  bool brings_login = false;    // an Authorization field
  bool login_is_known = false;  // the session's last one by Basic, which was accepted
  std::size_t login_hash = 0;
  bool expects_continue = false;  // the client sends its body only when it is told to
  bool visible = false;           // its envelope has been read: `message`
  winrm::Charset charset = winrm::Charset::Utf8;
  winrm::EnvelopeFacts message;
  std::optional<ServerId> cookie_server;  // that our cookie names
  std::string resource;                   // ResourceURI of a Create
  std::unique_ptr<std::string> held;      // what was sent of the request, while it may be sent again
  bool client_keeps = true;               // the client wants the connection to go on
  Pump request;

  // choose, connect
  bool was_routed = false;           // came as far as the choice of a server
  ServerLink* unfit_link = nullptr;  // leads to a server that does not keep its clients
  bool pin_was_fresh = false;        // it was used less than a minute before
  bool server_had_pin = false;       // it was sent to the server where its shell was known to be
  std::optional<balance::PinKind>
      unproven_pin;                     // by which it was sent; its use is noted once the answer is good
  std::optional<balance::Choice> next;  // where it is sent again
  std::unique_ptr<Retry> retry;         // once it has been sent again
  balance::Choice choice;

  // send
  balance::CreateTurn turn;  // of a Create, until its answer is there

  // receive, reply
  std::uint16_t status = 0;
  std::uint64_t interim_bytes = 0;  // of `response`: 1xx, after which the answer itself is still to come
  std::uint8_t interims = 0;        // how many of them
  bool has_cookie = false;          // the client has our cookie once it has this answer
  bool server_keeps = true;
  winrm::LoginEvent login;       // what the answer made of the request's login
  winrm::EnvelopeFacts answer;   // of the server's answer, where that was read
  bool answer_is_whole = false;  // and all of it is in the input
  bool own_reply = false;
  std::uint64_t own_reply_bytes = 0;
  Pump response;

  std::unique_ptr<Error> error;  // what ended it, if not its answer
  Timeline at;
};

/// Its server let it in and took it on, the shell that it names being there: no other answer would be this
/// one.
bool was_served(const Exchange& exchange) noexcept;

}  // namespace winrmlb::proxy
