#include "responder.h"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/watch.h"

namespace winrmlb::sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;

namespace {

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

Responder::Responder(Server& server, Tcp::socket& socket, std::string port)
    : server_(server),
      socket_(socket),
      port_(std::move(port)),
      login_(server.authority(), port_ == "https" ? server.tls_channel() : ""),
      sockets_(server.sockets()),
      number_(server.next_connection()) {
  (*sockets_)[number_] = &socket_;
  beast::error_code error;
  const auto other_end = socket_.remote_endpoint(error);
  if (!error) {
    address_ = other_end.address().to_string();
    from_ = other_end.address().is_v6() ? "[" + address_ + "]" : address_;
    from_ += ":" + std::to_string(other_end.port());
  }
  socket_.set_option(Tcp::no_delay(true), error);
}

Responder::~Responder() { sockets_->erase(number_); }

void Responder::begin(const Request& request) {
  Seen seen;
  seen.received = server_.uptime();
  seen.connection = number_;
  seen.from = from_;
  seen.port = port_;
  seen.target = std::string(view(request.target()));
  seen.user_agent = std::string(view(request[http::field::user_agent]));
  const auto forwarded = request.find("X-Forwarded-For");
  seen.forwarded_for =
      std::string(view(forwarded != request.end() ? forwarded->value() : request[http::field::forwarded]));
  entry_ = server_.journal().add(std::move(seen));
}

void Responder::end(const Answer& answer) {
  Seen* seen = server_.journal().find(entry_);
  if (seen == nullptr) return;
  seen->status = answer.status;
  seen->answered = server_.uptime();
}

awaitable<void> Responder::answer(const Request& request, Answer& answer) {
  if (const auto mode = server_.trouble().strike("", port_); mode != TroubleMode::None) {
    co_await troubled(mode, answer);
    co_return;
  }
  const auto path = view(request.target()).substr(0, view(request.target()).find('?'));
  const bool anonymous_path = equals_ignoring_case(path, "/wsman-anon/identify");
  if (!anonymous_path && !equals_ignoring_case(path, "/wsman")) {
    answer = plain_refusal(404);
    co_return;
  }
  if (request.method() != http::verb::post) {
    answer = plain_refusal(405);
    co_return;
  }

  const auto authorization = view(request[http::field::authorization]);
  const bool anonymous = anonymous_path || (authorization.empty() && !login_.established() &&
                                            beast::iequals(request["WSMANIDENTIFY"], "unauthenticated"));
  if (anonymous) {
    std::optional<EncryptedBody> clear;
    const std::string nobody;
    co_await execute(request.body(), nobody, clear, answer);
    co_return;
  }

  LoginStep step;
  if (!authorization.empty()) {
    step = login_.offer(authorization);
  } else if (login_.established()) {
    step = {LoginState::Granted, login_.user(), login_.scheme(), "", ""};
  }
  if (Seen* seen = server_.journal().find(entry_)) {
    seen->scheme = step.scheme;
    seen->user = step.user;
    seen->refusal = step.trouble;
  }
  if (!step.answer.empty()) answer.authenticate.push_back(step.answer);
  if (step.state != LoginState::Granted) {
    answer.status = 401;
    if (step.state == LoginState::Refused) answer.authenticate = server_.authority().offers();
    co_return;
  }
  co_await opened(request, step, answer);
}

// The login is fine: opens what is sealed, and refuses what should have been sealed.
awaitable<void> Responder::opened(const Request& request, const LoginStep& step, Answer& answer) {
  const auto type = view(request[http::field::content_type]);
  if (request.body().empty()) co_return;  // the last leg of a login: an empty 200
  std::optional<EncryptedBody> encrypted;
  std::string clear;
  if (starts_with_ignoring_case(type, "multipart/")) {
    encrypted = read_encrypted(request.body());
    auto text = encrypted ? login_.open(encrypted->sealed) : std::nullopt;
    if (!text) {
      answer = plain_refusal(400);
      co_return;
    }
    clear = std::move(*text);
  } else if (port_ == "http" && !server_.options().allow_unencrypted) {
    answer.status = 401;
    answer.authenticate = server_.authority().offers();
    co_return;
  }
  if (Seen* seen = server_.journal().find(entry_)) seen->sealed = encrypted.has_value();
  const std::string& text = encrypted ? clear : request.body();
  co_await execute(text, step.user, encrypted, answer);
}

// Reads the envelope, lets the service work, and seals the answer if the request was sealed.
awaitable<void> Responder::execute(const std::string& body, const std::string& user,
                                   std::optional<EncryptedBody>& encrypted, Answer& answer) {
  auto request = parse_request(body);
  const bool utf16 =
      body.size() > 1 && (body[0] == '\0' || body[1] == '\0' || body[0] == '\xff' || body[0] == '\xfe');
  Reply reply;
  TroubleMode mode = TroubleMode::None;
  if (!request) {
    reply = server_.service().fault({}, Fault::SchemaViolation);
  } else if (body.size() > server_.options().quotas.envelope_bytes) {
    reply = server_.service().fault(*request, Fault::EnvelopeTooLarge);
  } else if (user.empty() && request->action != Action::Identify) {
    answer.status = 401;
    answer.authenticate = server_.authority().offers();
    co_return;
  } else {
    note(*request);
    mode = server_.trouble().strike(name_of(request->action), port_);
    if (mode == TroubleMode::Hang || mode == TroubleMode::Close || mode == TroubleMode::Unavailable) {
      co_await troubled(mode, answer);
      co_return;
    }
    if (mode == TroubleMode::Quota) {
      reply = server_.service().fault(*request, quota_fault());
    } else {
      co_await handled(*request, user, reply);
    }
  }
  note(reply, mode);
  answer.trouble = reply.status == 0 ? TroubleMode::Close : mode;
  answer.status = reply.status;
  answer.content_type = utf16 ? kSoapUtf16 : kSoapUtf8;
  answer.body = utf16 ? utf16le_from_utf8(reply.envelope) : std::move(reply.envelope);
  if (encrypted && !seal(*encrypted, answer)) answer = plain_refusal(400);
}

awaitable<void> Responder::handled(const SoapRequest& request, const std::string& user, Reply& reply) {
  const auto state = std::make_shared<Watch>();
  const bool polls = request.action == Action::Receive;
  if (polls) asio::co_spawn(socket_.get_executor(), watch(state, socket_), asio::detached);
  const Caller caller{user, address_};
  co_await server_.service().handle(request, caller, state->hangup, reply);
  state->over = true;
  if (polls) {
    beast::error_code ignored;
    socket_.cancel(ignored);  // ends the watch: nothing else is under way on this socket
  }
}

bool Responder::seal(EncryptedBody& encrypted, Answer& answer) {
  auto sealed = login_.seal(answer.body);
  if (!sealed) return false;
  encrypted.content_type = answer.content_type;
  encrypted.clear_bytes = answer.body.size();
  encrypted.sealed = std::move(*sealed);
  answer.body = write_encrypted(encrypted);
  answer.content_type =
      "multipart/encrypted;protocol=\"" + encrypted.protocol + "\";boundary=\"Encrypted Boundary\"";
  return true;
}

Fault Responder::quota_fault() const {
  for (const auto fault : {Fault::QuotaOperations, Fault::QuotaSystem, Fault::QuotaShellUsers}) {
    if (facts_of(fault).code == server_.trouble().code) return fault;
  }
  return Fault::QuotaShells;
}

void Responder::note(const SoapRequest& request) {
  Seen* seen = server_.journal().find(entry_);
  if (seen == nullptr) return;
  seen->operation = name_of(request.action);
  seen->resource = request.resource_uri;
  seen->message_id = request.message_id;
  seen->operation_id = request.operation_id;
  seen->session_id = request.session_id;
  seen->shell_id = request.shell_id;
}

void Responder::note(const Reply& reply, TroubleMode mode) {
  Seen* seen = server_.journal().find(entry_);
  if (seen == nullptr) return;
  if (!reply.shell_id.empty()) seen->shell_id = reply.shell_id;
  seen->command_id = reply.command_id;
  seen->fault = reply.fault_code;
  if (mode != TroubleMode::None) seen->trouble = name_of(mode);
  if (reply.executed && !seen->message_id.empty()) server_.journal().note_executed(*seen);
}

// Troubles that execute nothing.
awaitable<void> Responder::troubled(TroubleMode mode, Answer& answer) {
  if (Seen* seen = server_.journal().find(entry_)) seen->trouble = name_of(mode);
  if (mode == TroubleMode::Unavailable) {
    answer = plain_refusal(503);
    co_return;
  }
  if (mode == TroubleMode::Hang) {
    const auto state = std::make_shared<Watch>();
    asio::steady_timer timer(socket_.get_executor(), TimePoint::max());
    state->hangup.wake = [&timer] { timer.cancel(); };
    asio::co_spawn(socket_.get_executor(), watch(state, socket_), asio::detached);
    while (!state->hangup.gone)
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    state->over = true;
  }
  answer.trouble = TroubleMode::Close;
  answer.status = 0;
}

}  // namespace winrmlb::sim
