// Step 7, reply: the answer to the client, the server's as it comes, or one of our own by the reply table.
#include "winrmlb/proxy/reply.h"

#include "winrmlb/http/reply.h"
#include "winrmlb/proxy/scope.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using net::IoResult;
using net::Signal;
using net::Signals;

net::Task<Status> Session::reply(Exchange& exchange) {
  Pump& response = exchange.response;
  expect_within(timeouts().body_progress);
  bool replied = false;
  for (;;) {
    bool moved = false;
    if (!replied) {
      switch (response.step(server_input_, server_, client_)) {
        case Pump::Step::Moved:
          expect_within(timeouts().body_progress);
          moved = true;
          break;
        case Pump::Step::Done:
          replied = true;
          break;
        case Pump::Step::Blocked:
          break;
        case Pump::Step::BadBody:
          co_return failure(response.error().code, response.error().side, response.error().detail);
        case Pump::Step::SourceEnded:
        case Pump::Step::SourceFailed:
          co_return failure(ErrorCode::ResetByServer, Side::Server, "the server left within its answer");
        case Pump::Step::SinkFailed:
          co_return failure(ErrorCode::ResetByClient, Side::Client, "the client left within its answer");
      }
    }
    if (replied) {
      if (exchange.request.abandoned() || response.body().framing() == http::Framing::UntilClose) {
        exchange.client_keeps = false;
      }
      if (exchange.request.finished() || !exchange.client_keeps || !exchange.server_keeps) break;
    }
    // An early answer: the rest of the request still goes to the server.
    if (!exchange.request.finished()) {
      auto more = pump_request(exchange);
      if (!more) co_return std::move(more).error();
      moved = moved || *more == Progress::Made;
    }
    if (moved) continue;
    if (exchange.request.finished()) {
      if (auto there = watch_client(); !there) co_return there;
    }
    const Signals woken_by = co_await wakeup_;
    if (woken_by.has(Signal::Stop)) stopping_ = true;
    if (woken_by.has(Signal::Deadline)) {
      if (replied) co_return body_stalled(exchange.request);
      if (response.waits_for_sink()) {
        co_return failure(ErrorCode::ResetByClient, Side::Client,
                          "the client did not take the answer in time");
      }
      co_return failure(ErrorCode::ResponseTimeout, Side::Server, "the server stopped within its answer");
    }
  }
  co_return Done{};
}

// What an error looks like to the client. An answer that has begun is cut by a reset, so that it cannot look
// whole; on a connection with a login or sealed messages, a request that has been forwarded is answered by a
// close alone.
net::Task<void> Session::answer(Exchange& exchange) {
  const ReplyRow& row = reply_row(exchange.error->code);
  if (row.status == 0) co_return;
  if (exchange.response.bytes() != exchange.interim_bytes) {
    client_.reset_on_close();
    co_return;
  }
  if (bound_ && exchange.request.bytes() != 0) {
    exchange.status = 0;
    co_return;
  }
  // What the server makes of a cut request is its business; it must not be taken for a whole one.
  if (!exchange.request.finished()) server_.reset_on_close();

  const auto now = static_cast<std::uint64_t>(worker_.now().time_since_epoch().count());
  const auto message_id = winrm::message_id(id_.value(), now);
  const std::string body =
      winrm::make_fault({.code = row.fault, .text = row.text, .relates_to = {}, .message_id = message_id});
  const std::string fields = fields_of(exchange.error->code, listener().settings);
  const std::string bytes = http::serialize({.status = row.status,
                                             .content_type = winrm::kFaultContentType,
                                             .body = body,
                                             .retry_after = row.retry_after,
                                             .head_request = exchange.method == http::Method::Head,
                                             .extra_fields = fields});
  exchange.own_reply = true;
  exchange.status = row.status;
  constexpr milliseconds kOwnReply{5000};
  expect_within(kOwnReply);
  std::string_view left = bytes;
  while (!left.empty()) {
    const auto written = client_.write(left);
    if (written.state == IoResult::State::Ok) {
      left.remove_prefix(written.bytes);
      exchange.own_reply_bytes += written.bytes;
    } else if (written.state == IoResult::State::WouldBlock) {
      const Signals woken_by = co_await wakeup_;
      if (woken_by.has(Signal::Deadline)) co_return;
    } else {
      co_return;
    }
  }
  co_await linger();
}

const ReplyRow& reply_row(ErrorCode code) noexcept {
  using telemetry::Level;
  using winrm::FaultCode;
  static constexpr ReplyRow kNoAnswer{0, FaultCode::DestinationUnreachable, 0, Level::Debug, ""};
  static constexpr ReplyRow kBadRequest{400, FaultCode::HttpBadRequest, 0, Level::Info,
                                        "The request is not well-formed HTTP/1.1."};
  static constexpr ReplyRow kHeadTooLarge{431, FaultCode::HttpBadRequest, 0, Level::Info,
                                          "The header section of the request is too large."};
  static constexpr ReplyRow kBodyTooLarge{413, FaultCode::HttpBadRequest, 0, Level::Info,
                                          "The request is larger than the load balancer accepts."};
  static constexpr ReplyRow kUriTooLong{414, FaultCode::HttpBadRequest, 0, Level::Info,
                                        "The request target is too long."};
  static constexpr ReplyRow kVersion{505, FaultCode::HttpBadRequest, 0, Level::Info,
                                     "Only HTTP/1.1 and HTTP/1.0 are supported."};
  static constexpr ReplyRow kNotImplemented{501, FaultCode::HttpBadRequest, 0, Level::Info,
                                            "The load balancer does not support this kind of request."};
  static constexpr ReplyRow kRequestTimeout{408, FaultCode::HttpBadRequest, 0, Level::Info,
                                            "The request did not arrive in time."};
  static constexpr ReplyRow kForbidden{403, FaultCode::AccessDenied, 0, Level::Info,
                                       "This address may not use this service."};
  static constexpr ReplyRow kTooMany{429, FaultCode::EndpointUnavailable, 5, Level::Info,
                                     "This address has or makes too many connections. Try again later."};
  static constexpr ReplyRow kNotFound{404, FaultCode::HttpNotFound, 0, Level::Info,
                                      "The load balancer serves no such path here."};
  static constexpr ReplyRow kMethod{405, FaultCode::HttpBadRequest, 0, Level::Info,
                                    "The load balancer takes POST alone here."};
  static constexpr ReplyRow kLogin{401, FaultCode::AccessDenied, 0, Level::Info,
                                   "This kind of login is not allowed here."};
  static constexpr ReplyRow kMisdirected{421, FaultCode::HttpBadRequest, 0, Level::Warn,
                                         "This connection belongs to another client."};
  static constexpr ReplyRow kNoServer{503, FaultCode::EndpointUnavailable, 10, Level::Warn,
                                      "No server of this farm is available at the moment. Try again later."};
  static constexpr ReplyRow kConnect{
      503, FaultCode::EndpointUnavailable, 2, Level::Warn,
      "The server of this client cannot be reached at the moment. Try again later."};
  static constexpr ReplyRow kServerTls{502, FaultCode::DestinationUnreachable, 0, Level::Warn,
                                       "The load balancer could not establish TLS with the server."};
  static constexpr ReplyRow kBadResponse{502, FaultCode::DestinationUnreachable, 0, Level::Warn,
                                         "The server gave an answer that is not well-formed HTTP."};
  static constexpr ReplyRow kLost{502, FaultCode::DestinationUnreachable, 0, Level::Info,
                                  "The connection to the server was lost before it answered."};
  static constexpr ReplyRow kNoAnswerInTime{504, FaultCode::NetworkTimedOut, 0, Level::Info,
                                            "The server did not answer in time."};
  static constexpr ReplyRow kOurLimit{503, FaultCode::EndpointUnavailable, 5, Level::Error,
                                      "The load balancer has reached a limit of its own. Try again later."};
  switch (code) {
    case ErrorCode::BadRequest:
      return kBadRequest;
    case ErrorCode::HeadTooLarge:
      return kHeadTooLarge;
    case ErrorCode::BodyTooLarge:
      return kBodyTooLarge;
    case ErrorCode::UriTooLong:
      return kUriTooLong;
    case ErrorCode::VersionNotSupported:
      return kVersion;
    case ErrorCode::NotImplemented:
      return kNotImplemented;
    case ErrorCode::RequestTimeout:
      return kRequestTimeout;
    case ErrorCode::Forbidden:
      return kForbidden;
    case ErrorCode::TooManyRequests:
      return kTooMany;
    case ErrorCode::NotFound:
      return kNotFound;
    case ErrorCode::MethodNotAllowed:
      return kMethod;
    case ErrorCode::LoginNotAllowed:
      return kLogin;
    case ErrorCode::Misdirected:
      return kMisdirected;
    case ErrorCode::NoServer:
      return kNoServer;
    case ErrorCode::ConnectRefused:
    case ErrorCode::ConnectTimeout:
    case ErrorCode::ConnectFailed:
      return kConnect;
    case ErrorCode::TlsFailed:
      return kServerTls;
    case ErrorCode::BadResponse:
      return kBadResponse;
    case ErrorCode::ResponseTimeout:
      return kNoAnswerInTime;
    case ErrorCode::ResetByServer:
      return kLost;
    case ErrorCode::Limit:
    case ErrorCode::System:
    case ErrorCode::Config:
      return kOurLimit;
    case ErrorCode::ResetByClient:
    case ErrorCode::Closed:
    case ErrorCode::Cancelled:
      return kNoAnswer;
  }
  return kNoAnswer;
}

}  // namespace winrmlb::proxy
