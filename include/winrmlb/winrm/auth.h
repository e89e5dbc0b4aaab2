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

#include <cstddef>
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

constexpr std::size_t kSchemes = static_cast<std::size_t>(Scheme::Other) + 1;

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
/// The first challenge of a WWW-Authenticate field. http.sys sends one per field; next_challenge() reads any.
Credentials read_challenge(std::string_view value) noexcept;
/// The challenges of a WWW-Authenticate field, one at a time, whether or not they share it (RFC 9110 11.6.1):
/// `while (auto challenge = next_challenge(rest)) …`. Of Negotiate and its like, token_text is the token
/// alone; of the others, the first parameter.
std::optional<Credentials> next_challenge(std::string_view& rest) noexcept;

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

/// All of that at once, as every message wants to know it.
struct ContentType {
  bool sealed = false;
  bool soap = false;
  Charset charset = Charset::Utf8;
};
ContentType read_content_type(std::string_view value) noexcept;

/// The user of a Basic token: what stands before the first colon. The password is not copied.
std::optional<std::string> basic_user(std::string_view token_text);
/// The user of an NTLM type 3 message, raw or within SPNEGO, as DOMAIN\user or user, in UTF-8.
std::optional<std::string> ntlm_user(std::string_view token_text);

/// Whose login it is, as far as that can be seen: Basic's user, or the one in an NTLM type 3 message, raw or
/// within Negotiate. Kerberos seals the name into its ticket, CredSSP into its TLS: nobody.
std::optional<std::string> user_of(const Credentials& credentials);

/// Whether an NTLM type 3 message carries the hash of a channel binding (MS-NLMP 2.2.2.1,
/// MsvAvChannelBindings): then a server that sees another certificate than the client refuses it.
enum class Bindings : std::uint8_t { Unknown, Absent, Present };
Bindings ntlm_bindings(std::string_view token_text);

/// "<negotiate, 1240 bytes>": what a log may know of credentials.
std::string describe(const Credentials& credentials);

}  // namespace winrmlb::winrm
