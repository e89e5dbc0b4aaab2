// LoginTrace: what the logins on one server connection come to, and why one was refused.
//
// Pure; lives in a session beside its server connection, on the worker's thread, in a few bytes. It is told
// each exchange's request and answer, as far as their heads say, and draws its conclusions from nothing else;
// it verifies nothing and keeps no secret. RFC 4559 (Negotiate), RFC 7617 (Basic), MS-WSMV 2.2.9 and
// 3.1.4.1.30.
//
//              token                      401 with token
//   Idle ─────────────▶ (leg under way) ─────────────────▶ Handshaking ── token ──▶ (leg under way) …
//    ▲                     │        │
//    └── 401 without ──────┘        └── any other answer that shows it was let in ──▶ Established
//
// Basic and client certificates log in each request anew and leave the state alone. A new server connection
// needs a new trace.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "winrmlb/winrm/auth.h"
#include "winrmlb/winrm/gss.h"

namespace winrmlb::winrm {

/// What an exchange did for a login. Begun and Continues are steps, the next three are ends: of each scheme,
/// the ends are how many logins there were.
enum class LoginOutcome : std::uint8_t {
  None,       // no login in it, or a challenge to a request that brought none
  Begun,      // first leg of a handshake that goes on
  Continues,  // a further leg, and not the last
  Succeeded,
  Failed,
  Undecided,  // ended without a verdict: closed on the way, or an answer that tells nothing of it
};
constexpr std::size_t kLoginOutcomes = static_cast<std::size_t>(LoginOutcome::Undecided) + 1;
/// Lower case, for metric labels: "succeeded".
std::string_view name_of(LoginOutcome outcome) noexcept;

/// Why a login, or the message that came under it, was refused: as far as the heads tell.
enum class Refusal : std::uint8_t {
  None,
  WrongPassword,            // Basic or NTLM; or the account is locked, disabled or unknown
  SchemeNotOffered,         // the server does not take this scheme
  ChannelBinding,           // bound to the balancer's certificate, which the server does not have
  PlainSoapRefused,         // SOAP that is not sealed, or Basic, on a plain port
  KerberosForBalancerName,  // a ticket for a name whose key the server has not
  ClockSkew,                // Kerberos: client and server differ by more than five minutes
  ClientCertificate,        // does not survive the TLS of the balancer
  Rejected,                 // anything else
};
constexpr std::size_t kRefusals = static_cast<std::size_t>(Refusal::Rejected) + 1;
/// Lower case, for logs and metric labels: "channel_binding".
std::string_view name_of(Refusal refusal) noexcept;
/// A sentence for the operator's log: what was wrong, and what to change. `target`: LoginTrace::target().
std::string explain(Refusal refusal, std::string_view target);

/// What a message brings besides its head.
enum class Payload : std::uint8_t { Nothing, Soap, Sealed, Other };
/// By its content type; `is_empty`: of the framing.
enum class Framed : std::uint8_t { Empty, WithBody };
Payload payload_of(std::string_view content_type, Framed framed) noexcept;

/// How the client's connection and the server's are protected.
enum class Channel : std::uint8_t {
  Plain,
  Tls,                 // ended here: client and server see different certificates
  TlsSameCertificate,  // ended here, but the certificate is the server's own
};

/// The challenges of one answer: add() each WWW-Authenticate field.
class Challenges {
 public:
  void add(std::string_view field_value) noexcept;
  bool any() const noexcept { return offered_ != 0; }
  bool offers(Scheme scheme) const noexcept { return (offered_ >> static_cast<unsigned>(scheme) & 1) != 0; }
  /// The scheme of the challenge that carries a token, if one does.
  Scheme token_scheme() const noexcept { return token_scheme_; }
  GssContent content() const noexcept { return content_; }
  std::uint32_t kerberos_error() const noexcept { return kerberos_error_; }

 private:
  std::uint8_t offered_ = 0;
  Scheme token_scheme_ = Scheme::None;
  GssContent content_ = GssContent::Other;
  std::uint32_t kerberos_error_ = 0;
};

struct LoginRequest {
  Credentials credentials;
  Payload payload = Payload::Nothing;
  Channel channel = Channel::Plain;
  /// The host by which the pool knows the server: a ticket for that name is not for the balancer's.
  std::string_view server_host;
};

struct LoginAnswer {
  std::uint16_t status = 0;  // not 1xx
  Challenges challenges;
  Payload payload = Payload::Nothing;
};

struct LoginEvent {
  LoginOutcome outcome = LoginOutcome::None;
  Refusal refusal = Refusal::None;  // may come with Succeeded or None: let in, but its SOAP refused
  Scheme scheme = Scheme::None;
  /// The server looked at a password: what counts towards the locking of an account.
  bool tried_password = false;
};

class LoginTrace {
 public:
  /// Before the request is sent.
  void request(const LoginRequest& request);
  /// After request(), once it is known which server the exchange goes to: where its host is not what the
  /// request said, or the channel another.
  void goes_to(std::string_view server_host, Channel channel) noexcept;
  /// Once the head of its answer is there.
  LoginEvent answer(const LoginAnswer& answer);
  /// The server connection has ended.
  LoginEvent closed() noexcept;

  /// The exchange under way is a leg of a handshake: never to be sent to another server.
  bool is_leg() const noexcept { return leg_ == Leg::First || leg_ == Leg::Further; }
  /// It is one that the server answers without executing anything, so that a short deadline may be put to it.
  /// (The last leg may bring a message with it, which takes as long as that takes.)
  bool is_answered_soon() const noexcept;
  /// A handshake is begun and not ended: the next request belongs to it, or abandons it.
  bool is_handshaking() const noexcept { return state_ == State::Handshaking; }
  /// The connection is logged in: requests need no credentials.
  bool is_established() const noexcept { return state_ == State::Established; }
  /// Of the last Kerberos ticket that was not accepted: "HTTP/farm.example.net@EXAMPLE.NET"; empty: unknown.
  std::string_view target() const noexcept {
    return target_ ? std::string_view(*target_) : std::string_view();
  }

 private:
  enum class State : std::uint8_t { Idle, Handshaking, Established };
  enum class Leg : std::uint8_t { None, PerRequest, First, Further };

  LoginEvent answer_to_leg(const LoginAnswer& answer);
  LoginEvent answer_to_request(const LoginAnswer& answer) const noexcept;
  LoginEvent answer_without_login(const LoginAnswer& answer) noexcept;
  Refusal why_refused(const LoginAnswer& answer) const noexcept;
  bool is_plain_soap() const noexcept { return channel_ == Channel::Plain && payload_ == Payload::Soap; }

  State state_ = State::Idle;
  Leg leg_ = Leg::None;
  Scheme scheme_ = Scheme::None;            // of the exchange, or of the handshake
  GssContent content_ = GssContent::Other;  // of the token that the exchange brought
  Payload payload_ = Payload::Nothing;
  Channel channel_ = Channel::Plain;
  Bindings bindings_ = Bindings::Unknown;
  bool names_server_ = false;            // the ticket is for the server's own name
  std::unique_ptr<std::string> target_;  // rarely there, and then not small
};

}  // namespace winrmlb::winrm
