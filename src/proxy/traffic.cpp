#include "winrmlb/proxy/traffic.h"

#include "winrmlb/proxy/exchange.h"

namespace winrmlb::proxy {

std::string_view name_of(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::Ok:
      return "ok";
    case Outcome::PollTimeout:
      return "poll_timeout";
    case Outcome::Fault:
      return "fault";
    case Outcome::Unread:
      return "unread";
    case Outcome::Challenge:
      return "challenge";
    case Outcome::ClientError:
      return "client_error";
    case Outcome::ServerError:
      return "server_error";
    case Outcome::Own:
      return "own";
    case Outcome::Aborted:
      return "aborted";
  }
  return "aborted";
}

Outcome outcome_of(const Exchange& exchange) noexcept {
  if (exchange.own_reply) return Outcome::Own;
  if (exchange.error || exchange.status == 0) return Outcome::Aborted;
  if (exchange.fault() != 0) {
    const bool poll_ended = winrm::class_of(exchange.fault()) == winrm::FaultClass::PollTimeout;
    return poll_ended ? Outcome::PollTimeout : Outcome::Fault;
  }
  if (exchange.status == 401) return Outcome::Challenge;
  if (exchange.status == 500) return Outcome::Unread;
  if (exchange.status >= 500) return Outcome::ServerError;
  return exchange.status >= 400 ? Outcome::ClientError : Outcome::Ok;
}

std::string_view name_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::Call:
      return "call";
    case Kind::Poll:
      return "poll";
    case Kind::Login:
      return "login";
    case Kind::Unread:
      return "unread";
  }
  return "unread";
}

Kind kind_of(const Exchange& exchange) noexcept {
  if (exchange.status == 401) return Kind::Login;
  if (!exchange.visible) return Kind::Unread;
  return exchange.message.action == winrm::Action::Receive ? Kind::Poll : Kind::Call;
}

std::string_view name_of(ConnectResult result) noexcept {
  switch (result) {
    case ConnectResult::Ok:
      return "ok";
    case ConnectResult::Refused:
      return "refused";
    case ConnectResult::TimedOut:
      return "timed_out";
    case ConnectResult::TlsFailed:
      return "tls_failed";
    case ConnectResult::Failed:
      return "failed";
  }
  return "failed";
}

ConnectResult connect_result_of(ErrorCode code) noexcept {
  if (code == ErrorCode::ConnectRefused) return ConnectResult::Refused;
  if (code == ErrorCode::ConnectTimeout) return ConnectResult::TimedOut;
  return code == ErrorCode::TlsFailed ? ConnectResult::TlsFailed : ConnectResult::Failed;
}

}  // namespace winrmlb::proxy
