// Exchange: one request and its response, as facts that outlive the buffers they were read from.
//
// Lives in the session's coroutine while the exchange lasts; each of the eight steps fills in its part, and
// finish() turns it into one line of the access log and a few counters. Thousands of exchanges wait at any
// time for their answers, so what only some need, or need later, is made when it is needed.
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
#include "winrmlb/net/task.h"
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

/// What the server says. Made when the head of an answer is there, be it an interim one.
struct Answer : net::Recycled {
  Pump pump;
  std::uint64_t interim_bytes = 0;  // of `pump`: 1xx, after which the answer itself is still to come
  std::uint8_t interims = 0;        // how many of them
  winrm::EnvelopeFacts facts;       // where its body was read
  bool is_whole = false;            // and all of it is in the input
  winrm::LoginEvent login;          // what it made of the request's login
};

/// What routes ask of a request, and pins of a Create.
struct Asked : net::Recycled {
  std::string host;      // kept if there are routes
  std::string resource;  // its ResourceURI
};

/// An exchange that has been sent more than once: a hunt for its shell, or an operation that is safe to
/// repeat.
struct Retry {
  std::vector<ServerId> tried;
  std::optional<balance::Choice> next;  // where it is sent again
  bool hunts = false;                   // counted in the pool's Hunts
  std::uint8_t times = 0;               // sent again
  // A hunt that finds nothing gives the client the first answer, which waits in the input of its link.
  ServerLink* first_link = nullptr;
  std::unique_ptr<Answer> first_answer;
  std::uint16_t first_status = 0;
};

struct Exchange {
  // read, inspect
  std::size_t head_bytes = 0;    // of the request, at the front of the client's input
  std::unique_ptr<Asked> asked;  // null: nobody will want to know
  std::string target;
  std::size_t login_hash = 0;
  http::Method method = http::Method::Other;
  winrm::Charset charset = winrm::Charset::Utf8;
  bool sealed = false;
  bool brings_login = false;      // an Authorization field
  bool login_is_known = false;    // the session's last one by Basic, which was accepted
  bool expects_continue = false;  // the client sends its body only when it is told to
  bool visible = false;           // its envelope has been read: `message`
  bool client_keeps = true;       // the client wants the connection to go on
  winrm::EnvelopeFacts message;
  std::unique_ptr<std::string> held;  // what was sent of the request, while it may be sent again
  Pump request;

  // choose, connect
  ServerLink* unfit_link = nullptr;       // leads to a server that does not keep its clients
  std::unique_ptr<Retry> retry;           // once it may have to be sent again
  std::optional<ServerId> cookie_server;  // that our cookie names
  balance::Choice choice;
  bool was_routed = false;                       // came as far as the choice of a server
  bool pin_was_fresh = false;                    // it was used less than a minute before
  bool server_had_pin = false;                   // it was sent to the server where its shell was known to be
  std::optional<balance::PinKind> unproven_pin;  // it was sent by; its use is noted once the answer is good

  // send
  balance::CreateTurn turn;  // of a Create, until its answer is there

  // receive, reply
  bool has_cookie = false;  // the client has our cookie once it has this answer
  bool server_keeps = true;
  bool own_reply = false;
  std::uint16_t status = 0;  // 0: no answer yet, or none at all
  std::uint64_t own_reply_bytes = 0;
  std::unique_ptr<Answer> answer;

  std::unique_ptr<Error> error;  // what ended it, if not its answer
  Timeline at;

  /// For what is noted of the request.
  Asked& noted() {
    if (!asked) asked = std::make_unique<Asked>();
    return *asked;
  }
  std::uint64_t response_bytes() const noexcept { return answer ? answer->pump.bytes() : 0; }
  /// The client has some of the answer, which so cannot be another one any more.
  bool answer_begun() const noexcept { return answer && answer->pump.bytes() != answer->interim_bytes; }
  std::uint32_t fault() const noexcept { return answer ? answer->facts.fault : 0; }
};

/// Its server let it in and took it on, the shell that it names being there: no other answer would be this
/// one.
bool was_served(const Exchange& exchange) noexcept;

}  // namespace winrmlb::proxy
