#include "winrmlb/core/result.h"

namespace winrmlb {

std::string_view name_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::BadRequest:
      return "bad_request";
    case ErrorCode::HeadTooLarge:
      return "head_too_large";
    case ErrorCode::BodyTooLarge:
      return "body_too_large";
    case ErrorCode::UriTooLong:
      return "uri_too_long";
    case ErrorCode::VersionNotSupported:
      return "version_not_supported";
    case ErrorCode::NotImplemented:
      return "not_implemented";
    case ErrorCode::RequestTimeout:
      return "request_timeout";
    case ErrorCode::Forbidden:
      return "forbidden";
    case ErrorCode::TooManyRequests:
      return "too_many_requests";
    case ErrorCode::NotFound:
      return "not_found";
    case ErrorCode::MethodNotAllowed:
      return "method_not_allowed";
    case ErrorCode::LoginNotAllowed:
      return "login_not_allowed";
    case ErrorCode::Misdirected:
      return "misdirected";
    case ErrorCode::ShellServerDown:
      return "shell_server_down";
    case ErrorCode::LoginBlocked:
      return "login_blocked";
    case ErrorCode::ServerBusy:
      return "server_busy";
    case ErrorCode::NoServer:
      return "no_server";
    case ErrorCode::ConnectRefused:
      return "connect_refused";
    case ErrorCode::ConnectTimeout:
      return "connect_timeout";
    case ErrorCode::ConnectFailed:
      return "connect_failed";
    case ErrorCode::TlsFailed:
      return "tls_failed";
    case ErrorCode::BadResponse:
      return "bad_response";
    case ErrorCode::ResponseTimeout:
      return "response_timeout";
    case ErrorCode::ResetByServer:
      return "reset_by_server";
    case ErrorCode::ServerDown:
      return "server_down";
    case ErrorCode::ResetByClient:
      return "reset_by_client";
    case ErrorCode::Closed:
      return "closed";
    case ErrorCode::Cancelled:
      return "cancelled";
    case ErrorCode::Limit:
      return "limit";
    case ErrorCode::System:
      return "system";
    case ErrorCode::Config:
      return "config";
  }
  return "unknown";
}

std::string_view name_of(Side side) noexcept {
  switch (side) {
    case Side::Client:
      return "client";
    case Side::Server:
      return "server";
    case Side::Parent:
      return "parent";
    case Side::Local:
      return "local";
  }
  return "unknown";
}

Status failure(ErrorCode code, Side side, std::string_view detail) {
  return Error{code, side, std::string(detail)};
}

}  // namespace winrmlb
