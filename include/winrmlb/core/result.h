// Result<T>: a value or an Error. Errors say what went wrong, and who is to blame for it.
//
// Pure values, any thread. What an error means to a client (status, fault, log level) is a row of the reply
// table (proxy/reply.h), never a decision at the place where it arises.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "winrmlb/core/check.h"

namespace winrmlb {

/// Who caused an error.
enum class Side : std::uint8_t { Client, Server, Parent, Local };

/// What went wrong, as closed set. The text of each (for logs and metric labels) is name_of().
enum class ErrorCode : std::uint8_t {
  // The client's message.
  BadRequest,           // malformed HTTP
  HeadTooLarge,         // request line or header section over its limit
  BodyTooLarge,         // declared or streamed body over its limit
  UriTooLong,           // request target over its limit
  VersionNotSupported,  // not HTTP/1.0 or HTTP/1.1
  NotImplemented,       // unknown transfer coding, CONNECT, upgrade
  RequestTimeout,       // head or body did not come in time
  Forbidden,            // from an address that may not come here
  TooManyRequests,      // sessions or logins of one address
  NotFound,             // a path that the listener is not for
  MethodNotAllowed,     // the same of a method
  LoginNotAllowed,      // the same of a kind of login
  Misdirected,          // of another client than the connection's
  // The server.
  NoServer,         // no fit server in the pool
  ShellServerDown,  // the message names a shell whose server is down
  ConnectRefused,
  ConnectTimeout,
  ConnectFailed,    // unreachable and the like
  TlsFailed,        // handshake or verification towards a server or by a client
  BadResponse,      // malformed HTTP from the server
  ResponseTimeout,  // no answer in time
  ResetByServer,    // connection lost before the answer was whole
  LoginBlocked,     // too many failed logins by this client and user
  ServerBusy,       // it makes as many shells as it may, and no turn came in time
  ServerDown,       // health has given the server up while it owed an answer
  // The way.
  ResetByClient,  // connection lost while we had something for the client
  Closed,         // orderly end of a connection between messages
  Cancelled,      // drain, shutdown or kick
  Limit,          // a limit of ours: descriptors, sessions, table sizes
  System,         // the operating system said no
  Config,         // a file could not be read or makes no sense
};

/// Stable lower-case name, e.g. "connect_refused". Used as metric label and in the access log.
std::string_view name_of(ErrorCode code) noexcept;
std::string_view name_of(Side side) noexcept;

struct Error {
  ErrorCode code = ErrorCode::System;
  Side side = Side::Local;
  std::string detail;  // for people: what was wrong, and where; never a credential or a body
};

/// A value or an Error. Test, then use: `if (!head) co_return head.error();` then `*head`.
/// Moves only. The Error is on the heap, so that a success is hardly larger than its value: results live in
/// the frames of waiting coroutines.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::make_unique<Error>(std::move(error))) {}

  explicit operator bool() const noexcept { return !error_; }

  T& operator*() & { return checked(); }
  const T& operator*() const& { return const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(checked()); }
  T* operator->() { return &checked(); }
  const T* operator->() const { return &const_cast<Result*>(this)->checked(); }

  const Error& error() const& {
    WINRMLB_CHECK(error_);
    return *error_;
  }
  Error&& error() && {
    WINRMLB_CHECK(error_);
    return std::move(*error_);
  }

 private:
  T& checked() {
    WINRMLB_CHECK(!error_);
    return *value_;
  }
  std::optional<T> value_;
  std::unique_ptr<Error> error_;
};

/// For steps that yield nothing but success.
struct Done {};
using Status = Result<Done>;

/// For coroutines: leaves no Error behind in the frame.
Status failure(ErrorCode code, Side side, std::string_view detail);

}  // namespace winrmlb
