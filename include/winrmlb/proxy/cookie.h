// The session cookie: which server a session belongs to, in a form that the client brings back and cannot
// make.
//
// CookieKeys are immutable, made at load, shared by all workers; everything else is pure. The cookie is a
// routing hint and no authorisation: whoever has it still must log in at the server. It carries no secret and
// no name, only numbers:
//
//   MS-WSMAN-LB=<base64url of: version 1, key id 2, server 8, session 8 bytes, HMAC-SHA-256 cut to 16>
//
// "MS-WSMAN" is the prefix by which WS-Management clients and balancers know such cookies; the server's own
// cookie of that very name passes. Ours never reaches a server. RFC 6265 4 and 5.4, RFC 2104.
//
// A client that keeps no cookie jar may send back a whole Set-Cookie value as its Cookie, attributes and all,
// several of them joined by commas. That is read as well.
//
// The key file: one key per line, base64 of 32 bytes or more, the newest first; empty lines and lines that
// begin with # do not count. The first key signs, all are accepted. To rotate: put a new key on top, reload,
// and take the old one out when the cookies it signed are of no use any more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/ids.h"
#include "winrmlb/core/result.h"

namespace winrmlb::proxy {

inline constexpr std::string_view kCookieName = "MS-WSMAN-LB";
inline constexpr std::size_t kCookieKeys = 8;  // in one file
inline constexpr std::size_t kLeastKeyBytes = 32;
inline constexpr std::size_t kMostKeyBytes = 128;

/// A server by its names, the same on every balancer and after every restart.
std::uint64_t cookie_server(std::string_view pool, std::string_view server) noexcept;

struct SessionCookie {
  std::uint64_t server = 0;  // cookie_server()
  SessionId session;         // in which it was first set
  friend bool operator==(const SessionCookie&, const SessionCookie&) = default;
};

class CookieKeys {
 public:
  /// The text of a key file. Errors are of code Config and name the line, never what stands there.
  static Result<CookieKeys> parse(std::string_view text);
  /// A file; errors name it.
  static Result<CookieKeys> load(const std::string& path);

  /// The value of the cookie, signed by the first key.
  std::string sign(const SessionCookie& cookie) const;
  /// What was signed by any of the keys; nothing for everything else.
  std::optional<SessionCookie> verify(std::string_view value) const;

  std::size_t size() const noexcept { return keys_.size(); }

 private:
  struct Key {
    std::string bytes;
    std::array<char, 2> id;  // of its own HMAC: tells which key to try, not which it is
  };
  std::vector<Key> keys_;
};

enum class CookieScope : std::uint8_t { AnyConnection, TlsOnly };
/// "Set-Cookie: MS-WSMAN-LB=…; Path=/wsman; HttpOnly; SameSite=Strict", "; Secure" for TlsOnly, and CRLF.
std::string set_cookie_line(const CookieKeys& keys, const SessionCookie& cookie, CookieScope scope);

/// What is ours in the value of one Cookie field. The spans look into the value.
struct CookieField {
  std::optional<SessionCookie> cookie;  // the first that we signed, of the first four
  bool ours_alone = false;              // nothing else stands in it: the whole line is to be left out
  /// Otherwise: what is to be left out of it, in order; then the rest is well-formed, and others' cookies are
  /// as they came.
  std::array<std::string_view, 4> spans;
  std::size_t span_count = 0;

  bool any_of_ours() const noexcept { return ours_alone || span_count != 0; }
};

/// `keys` null: there is no such cookie, but what has its name is left out all the same.
CookieField read_cookie_field(std::string_view value, const CookieKeys* keys);

}  // namespace winrmlb::proxy
