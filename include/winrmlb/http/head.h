// Heads of HTTP/1.1 messages (RFC 9112 2.1, 3, 4, 5), parsed in place into views: nothing is copied or
// allocated.
//
// Pure. The views look at the bytes handed to parse_request() or parse_response(); they live as long as
// those. Strict where leniency would let two parties read one message differently (RFC 9112 11.2): no bare CR
// or LF, no obs-fold, no NUL, no white space before the colon, no white space around the start line, one
// Host.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "winrmlb/core/result.h"
#include "winrmlb/http/limits.h"

namespace winrmlb::http {

/// Finds the empty line that ends a head, over any number of reads, looking at each byte once.
class HeadEnd {
 public:
  /// `bytes` is the whole message so far, each call with the same start and never shorter. The number of
  /// bytes in the head (its empty line included), or nothing yet. A lone LF counts as a line end here, so
  /// that a malformed head is found and refused rather than waited for. For the same reason a first byte that
  /// cannot begin a head (a TLS handshake, white space, an empty line) is a head of one byte.
  std::optional<std::size_t> find(std::string_view bytes) noexcept;
  void reset() noexcept { *this = HeadEnd(); }

 private:
  std::size_t seen_ = 0;
};

/// The fields that the balancer itself looks at; all others are Other.
enum class FieldName : std::uint8_t {
  Other,
  Host,
  Connection,
  ContentLength,
  TransferEncoding,
  ContentType,
  Expect,
  Authorization,
  WwwAuthenticate,
  KeepAlive,
  ProxyConnection,
  Te,
  Trailer,
  Upgrade,
  UserAgent,
  Cookie,
  SetCookie,
  XForwardedFor,
  Forwarded,
  ContentEncoding,
  WsmanIdentify,
};

struct Field {
  std::string_view name;   // as sent
  std::string_view value;  // without surrounding white space
  std::string_view line;   // the whole line with its CRLF: what an edit removes (http/edit.h)
  FieldName known = FieldName::Other;
};

inline constexpr std::size_t kMaxFields = 256;  // the most that Limits::fields may be

/// How the end of a body is found (RFC 9112 6.3).
enum class Framing : std::uint8_t { None, Length, Chunked, UntilClose };

enum class Method : std::uint8_t { Get, Head, Post, Put, Delete, Options, Patch, Other };
std::string_view name_of(Method method) noexcept;  // "GET"; "other"

/// A list of parsed fields; lives beside the buffer, reused from exchange to exchange.
struct Fields {
  std::array<Field, kMaxFields> storage;
  std::uint16_t count = 0;

  std::span<const Field> all() const noexcept { return {storage.data(), count}; }
  const Field* find(FieldName name) const noexcept;  // the first
};

struct RequestHead {
  Method method = Method::Other;
  std::string_view method_text;
  std::string_view target;         // as sent
  std::uint8_t minor_version = 1;  // HTTP/1.x
  Framing framing = Framing::None;
  std::uint64_t content_length = 0;  // Framing::Length only
  bool keep_alive = true;            // RFC 9112 9.3
  bool expects_continue = false;     // HTTP/1.1 with a body to come; such a client waits for a 100
  std::string_view start_line;       // with its CRLF
  std::string_view bytes;            // the whole head with its empty line
};

struct ResponseHead {
  std::uint16_t status = 0;  // 100..599
  std::uint8_t minor_version = 1;
  Framing framing = Framing::None;  // None for 1xx, 204, 304 and to HEAD, whatever the fields say
  std::uint64_t content_length = 0;
  bool keep_alive = true;   // what the server said; false for UntilClose
  std::string_view reason;  // may be empty
  std::string_view start_line;
  std::string_view bytes;
};

/// What of the request decides how its response is framed.
struct ResponseContext {
  Method method = Method::Other;
};

/// `bytes` is exactly a head as HeadEnd found it. Fills `fields` (views into `bytes`).
/// Errors: BadRequest, HeadTooLarge, UriTooLong, VersionNotSupported, NotImplemented; side Client.
Result<RequestHead> parse_request(std::string_view bytes, const Limits& limits, Fields& fields);

/// The same for a response; every error is BadResponse, side Server. 101 is refused: nothing is ever
/// upgraded.
Result<ResponseHead> parse_response(std::string_view bytes, const ResponseContext& context,
                                    const Limits& limits, Fields& fields);

/// 1xx: another head follows for the same request.
constexpr bool is_interim(std::uint16_t status) noexcept { return status < 200; }

/// The elements of a comma-separated list value, one at a time: `while (auto item = next_item(rest)) …`.
std::optional<std::string_view> next_item(std::string_view& rest) noexcept;

}  // namespace winrmlb::http
