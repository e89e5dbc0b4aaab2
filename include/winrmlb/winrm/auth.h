// What the login and content-type fields of WinRM traffic say, as far as routing and logging need it: which
// scheme, what kind of token, whose name, and whether the body is sealed. Nothing is verified here; the
// server does that.
//
// Pure, any thread; strict on bounds, tolerant in meaning: what is not understood is Opaque or absent, never
// an error. RFC 9110 11.6, RFC 4559 (Negotiate), RFC 7617 (Basic), MS-WSMV 2.2.9.1 (sealed messages),
// MS-NLMP 2.2 (NTLM).
//
// Why the scheme matters: Negotiate, NTLM, Kerberos and CredSSP authenticate the connection, not the request.
// From the first such token on, a session and its server connection belong together for good.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::winrm {

enum class Scheme : std::uint8_t {
  None,  // no field, or an empty one
  Basic,
  Ntlm,
  Negotiate,
  Kerberos,
  CredSsp,
  Certificate,  // the fixed URI that goes with a client certificate
  Other,
};

/// What the first bytes of a token show. Not proof: Negotiate may wrap NTLM or Kerberos, so bind by scheme
/// alone.
enum class Token : std::uint8_t {
  None,              // a bare scheme, as in a first challenge
  NtlmNegotiate,     // type 1
  NtlmChallenge,     // type 2
  NtlmAuthenticate,  // type 3: names the user
  GssInitial,        // RFC 2743 3.1: Kerberos AP-REQ or SPNEGO NegTokenInit
  SpnegoResponse,    // RFC 4178 4.2.2: NegTokenResp, may wrap any of the above
  TlsRecord,         // within CredSSP
  Opaque,
};

struct Credentials {
  Scheme scheme = Scheme::None;
  Token token = Token::None;
  std::string_view token_text;  // base64 as it came, into the field's value; a secret
};

/// Lower case, for logs: "none", "basic", "ntlm", "negotiate", "kerberos", "credssp", "certificate", "other".
std::string_view name_of(Scheme scheme) noexcept;

/// The value of an Authorization field.
Credentials read_authorization(std::string_view value) noexcept;
/// The value of one WWW-Authenticate field with one challenge, as http.sys sends them.
Credentials read_challenge(std::string_view value) noexcept;

/// True if a login by this scheme belongs to the connection it is made on.
constexpr bool binds(Scheme scheme) noexcept {
  return scheme == Scheme::Ntlm || scheme == Scheme::Negotiate || scheme == Scheme::Kerberos ||
         scheme == Scheme::CredSsp;
}

/// multipart/encrypted or multipart/x-multi-encrypted: the body can be read by the server alone
/// (MS-WSMV 2.2.9.1).
bool is_sealed(std::string_view content_type) noexcept;
/// application/soap+xml.
bool is_soap(std::string_view content_type) noexcept;

enum class Charset : std::uint8_t { Utf8, Utf16, Other };
/// Of application/soap+xml; UTF-8 if it is not said.
Charset charset_of(std::string_view content_type) noexcept;

/// The user of a Basic token: what stands before the first colon. The password is not copied.
std::optional<std::string> basic_user(std::string_view token_text);
/// The user of an NTLM type 3 message, raw or within SPNEGO, as DOMAIN\user or user, in UTF-8.
std::optional<std::string> ntlm_user(std::string_view token_text);

/// "<negotiate, 1240 bytes>": what a log may know of credentials.
std::string describe(const Credentials& credentials);

}  // namespace winrmlb::winrm
