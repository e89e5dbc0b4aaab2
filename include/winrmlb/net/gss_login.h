// GssLogin: the client's side of a login by NTLM, Negotiate or Kerberos, by the system's GSSAPI, and the
// sealing that follows it (RFC 2743, RFC 4559, MS-NLMP, MS-WSMV 2.2.9.1).
//
// One per connection. begin() and step() may block for seconds, since Kerberos asks a KDC: they are called
// where nobody else waits, one call at a time, never on a worker's thread or on the control thread. seal()
// and open() only compute. Kerberos is part of the system's library (its realm and KDCs stand in krb5.conf);
// NTLM is a plug-in of it, the Debian package gss-ntlmssp, which has OpenSSL's legacy algorithms to itself,
// so that nothing need be allowed for the rest of the process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "winrmlb/core/result.h"

namespace winrmlb::net {

enum class GssMechanism : std::uint8_t { Ntlm, Negotiate, Kerberos };

class GssLogin {
 public:
  /// Who logs in. Secrets; nothing here ever gets into an Error.
  struct Account {
    std::string user;  // "DOMAIN\\user" or "user@REALM"
    std::string password;
    std::string keytab;  // Kerberos: a file, in place of a password
  };
  /// Where. `channel`: of TlsConnection::server_end_point(); empty: the login is not bound to its channel.
  struct Target {
    std::string host;
    std::string channel;
  };
  /// A sealed message, as its parts stand in a body of multipart/encrypted.
  struct Sealed {
    std::string signature;
    std::string bytes;
  };

  /// Whether this system has the mechanism; the error says what to install.
  static Status available(GssMechanism mechanism);
  static Result<std::unique_ptr<GssLogin>> begin(GssMechanism mechanism, const Account& account,
                                                 const Target& target);
  ~GssLogin();
  GssLogin(const GssLogin&) = delete;
  GssLogin& operator=(const GssLogin&) = delete;

  /// What the other side said (first nothing) → what to say next; empty if that is nothing.
  Result<std::string> step(std::string_view token);
  /// This side is through; the other is as well once it has the last token.
  bool complete() const noexcept { return complete_; }

  Result<Sealed> seal(std::string_view clear);
  Result<std::string> open(const Sealed& sealed);

 private:
  struct Handles;
  GssLogin(GssMechanism mechanism, std::unique_ptr<Handles> handles);
  bool is_by_ntlm() const;

  GssMechanism mechanism_;
  std::unique_ptr<Handles> handles_;
  bool complete_ = false;
};

}  // namespace winrmlb::net
