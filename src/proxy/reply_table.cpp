// The reply table: what each error means to the client.
#include "winrmlb/proxy/reply.h"

namespace winrmlb::proxy {

namespace {

using telemetry::Level;
using winrm::FaultCode;

struct Row {
  ErrorCode code;
  ReplyRow reply;
};

constexpr ReplyRow kNoAnswer{0, FaultCode::DestinationUnreachable, 0, Level::Debug, ""};

constexpr Row kRows[] = {
    {ErrorCode::BadRequest,
     {400, FaultCode::HttpBadRequest, 0, Level::Info, "The request is not well-formed HTTP/1.1."}},
    {ErrorCode::HeadTooLarge,
     {431, FaultCode::HttpBadRequest, 0, Level::Info, "The header section of the request is too large."}},
    {ErrorCode::BodyTooLarge,
     {413, FaultCode::HttpBadRequest, 0, Level::Info,
      "The request is larger than the load balancer accepts."}},
    {ErrorCode::UriTooLong,
     {414, FaultCode::HttpBadRequest, 0, Level::Info, "The request target is too long."}},
    {ErrorCode::VersionNotSupported,
     {505, FaultCode::HttpBadRequest, 0, Level::Info, "Only HTTP/1.1 and HTTP/1.0 are supported."}},
    {ErrorCode::NotImplemented,
     {501, FaultCode::HttpBadRequest, 0, Level::Info,
      "The load balancer does not support this kind of request."}},
    {ErrorCode::RequestTimeout,
     {408, FaultCode::HttpBadRequest, 0, Level::Info, "The request did not arrive in time."}},
    {ErrorCode::Forbidden,
     {403, FaultCode::AccessDenied, 0, Level::Info, "This address may not use this service."}},
    {ErrorCode::TooManyRequests,
     {429, FaultCode::EndpointUnavailable, 5, Level::Info,
      "This address has or makes too many connections. Try again later."}},
    {ErrorCode::NotFound,
     {404, FaultCode::HttpNotFound, 0, Level::Info, "The load balancer serves no such path here."}},
    {ErrorCode::MethodNotAllowed,
     {405, FaultCode::HttpBadRequest, 0, Level::Info, "The load balancer takes POST alone here."}},
    {ErrorCode::LoginNotAllowed,
     {401, FaultCode::AccessDenied, 0, Level::Info, "This kind of login is not allowed here."}},
    {ErrorCode::Misdirected,
     {421, FaultCode::HttpBadRequest, 0, Level::Warn, "This connection belongs to another client."}},
    {ErrorCode::NoServer,
     {503, FaultCode::EndpointUnavailable, 10, Level::Warn,
      "No server of this farm is available at the moment. Try again later."}},
    {ErrorCode::ShellServerDown,
     {500, FaultCode::UnexpectedSelectors, 0, Level::Warn,
      "The server that held this shell is no longer available. Create a new shell."}},
    {ErrorCode::ConnectRefused,
     {503, FaultCode::EndpointUnavailable, 2, Level::Warn,
      "The server of this client cannot be reached at the moment. Try again later."}},
    {ErrorCode::ConnectTimeout,
     {503, FaultCode::EndpointUnavailable, 2, Level::Warn,
      "The server of this client cannot be reached at the moment. Try again later."}},
    {ErrorCode::ConnectFailed,
     {503, FaultCode::EndpointUnavailable, 2, Level::Warn,
      "The server of this client cannot be reached at the moment. Try again later."}},
    {ErrorCode::TlsFailed,
     {502, FaultCode::DestinationUnreachable, 0, Level::Warn,
      "The load balancer could not establish TLS with the server."}},
    {ErrorCode::BadResponse,
     {502, FaultCode::DestinationUnreachable, 0, Level::Warn,
      "The server gave an answer that is not well-formed HTTP."}},
    {ErrorCode::ResponseTimeout,
     {504, FaultCode::NetworkTimedOut, 0, Level::Info, "The server did not answer in time."}},
    {ErrorCode::ResetByServer,
     {502, FaultCode::DestinationUnreachable, 0, Level::Info,
      "The connection to the server was lost before it answered."}},
    {ErrorCode::ServerDown,
     {502, FaultCode::DestinationUnreachable, 0, Level::Info,
      "The server of this client has failed before it answered."}},
    {ErrorCode::LoginBlocked,
     {503, FaultCode::EndpointUnavailable, 60, Level::Warn,
      "Too many logins of this user failed from this address. They are refused for a while, so that the "
      "account "
      "is not locked."}},
    {ErrorCode::ServerBusy,
     {503, FaultCode::EndpointUnavailable, 5, Level::Warn,
      "The server of this client is starting as many shells as it may. Try again later."}},
    {ErrorCode::Limit,
     {503, FaultCode::EndpointUnavailable, 5, Level::Error,
      "The load balancer has reached a limit of its own. Try again later."}},
    {ErrorCode::System,
     {503, FaultCode::EndpointUnavailable, 5, Level::Error,
      "The load balancer has reached a limit of its own. Try again later."}},
    {ErrorCode::Config,
     {503, FaultCode::EndpointUnavailable, 5, Level::Error,
      "The load balancer has reached a limit of its own. Try again later."}},
    {ErrorCode::ResetByClient, kNoAnswer},
    {ErrorCode::Closed, kNoAnswer},
    {ErrorCode::Cancelled, kNoAnswer},
};

}  // namespace

const ReplyRow& reply_row(ErrorCode code) noexcept {
  for (const auto& row : kRows) {
    if (row.code == code) return row.reply;
  }
  return kNoAnswer;
}

}  // namespace winrmlb::proxy
