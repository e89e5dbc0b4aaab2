// Who is at the other end of a connection: Basic per request, NTLM, Negotiate and Kerberos per connection
// (GSSAPI).
//
// An Authority is the server's side, one per process; a Login belongs to one TCP connection and dies with it,
// so a login cannot leak to another connection, and a body sealed under one login cannot be opened under
// another (MS-WSMV 2.2.9.1). Blocking GSSAPI calls are fine here: all mechanisms answer from memory or a
// keytab.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/sim/options.h"

namespace winrmlb::sim {

/// The name as every part of the server spells it: DOMAIN\user as configured, whatever way the client wrote
/// it.
const User* find_user(const std::vector<User>& users, std::string_view written);
std::string full_name(const User& user);

class Authority {
 public:
  explicit Authority(const Options& options);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  /// The WWW-Authenticate lines of a bare 401, in order.
  const std::vector<std::string>& offers() const { return offers_; }
  /// Checks "user:password" decoded from Basic; the full name, or nothing.
  std::optional<std::string> check_basic(std::string_view credentials) const;
  std::string canonical(std::string_view name) const;

 private:
  friend class Login;
  void acquire_credentials();
  const Options& options_;
  std::vector<std::string> offers_;
  int users_descriptor_ = -1;    // what the NTLM mechanism reads its users from; memory only, never on disk
  void* credentials_ = nullptr;  // gss_cred_id_t
};

enum class LoginState : std::uint8_t { Refused, Challenged, Granted };

struct LoginStep {
  LoginState state = LoginState::Refused;
  std::string user;
  std::string scheme;   // "Basic", "Negotiate", ...
  std::string answer;   // the WWW-Authenticate line that goes with it, if any
  std::string trouble;  // why it was refused, for the log
};

/// Signature and sealed bytes of one message.
struct Sealed {
  std::string signature;
  std::string bytes;
};

class Login {
 public:
  /// `channel`: what a login may be bound to (channel_binding.h); empty on a plain connection.
  Login(const Authority& authority, std::string_view channel) : authority_(authority), channel_(channel) {}
  ~Login();
  Login(const Login&) = delete;
  Login& operator=(const Login&) = delete;

  /// What an Authorization field leads to. A token after a finished login starts a new one.
  LoginStep offer(std::string_view authorization);
  /// The connection is logged in: requests need no Authorization.
  bool established() const { return established_; }
  const std::string& user() const { return user_; }
  const std::string& scheme() const { return scheme_; }

  std::optional<std::string> open(const Sealed& sealed);
  std::optional<Sealed> seal(std::string_view clear);

 private:
  void reset();
  LoginStep accept(std::string_view scheme, std::string_view token);
  bool is_bound(std::string_view token) const;
  std::string objection(std::uint32_t flags, std::string_view token) const;
  bool is_kerberos() const;

  const Authority& authority_;
  std::string channel_;
  void* context_ = nullptr;  // gss_ctx_id_t
  bool established_ = false;
  std::string user_;
  std::string scheme_;
};

/// The multipart/encrypted body (MS-WSMV 2.2.9.1.1.2), which is not valid MIME: see the byte layout there.
struct EncryptedBody {
  std::string protocol;      // application/HTTP-SPNEGO-session-encrypted
  std::string content_type;  // of the clear text: application/soap+xml;charset=UTF-8
  std::size_t clear_bytes = 0;
  Sealed sealed;
};
std::optional<EncryptedBody> read_encrypted(std::string_view body);
std::string write_encrypted(const EncryptedBody& body);

}  // namespace winrmlb::sim
