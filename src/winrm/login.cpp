#include "winrmlb/winrm/login.h"

#include <algorithm>

#include "winrmlb/winrm/kerberos.h"

namespace winrmlb::winrm {

namespace {

constexpr std::uint16_t kUnauthorized = 401;
constexpr std::uint16_t kForbidden = 403;

// Only a server that let the sender in runs a message, and what it says then is SOAP, be it a fault. Anything
// else may come from whoever stands before it, who asked for no login.
bool shows_login(const LoginAnswer& answer) noexcept {
  if (answer.status >= 200 && answer.status < 300) return true;
  return answer.payload == Payload::Soap || answer.payload == Payload::Sealed;
}

// How Windows refuses SOAP that is not sealed after a login that was fine: 500 without a fault.
bool is_bare_500(const LoginAnswer& answer) noexcept { return answer.status == 500 && !shows_login(answer); }

}  // namespace

std::string_view name_of(LoginOutcome outcome) noexcept {
  switch (outcome) {
    case LoginOutcome::None:
      return "none";
    case LoginOutcome::Begun:
      return "begun";
    case LoginOutcome::Continues:
      return "continues";
    case LoginOutcome::Succeeded:
      return "succeeded";
    case LoginOutcome::Failed:
      return "failed";
    case LoginOutcome::Undecided:
      return "undecided";
  }
  return "none";
}

Payload payload_of(std::string_view content_type, Framed framed) noexcept {
  if (framed == Framed::Empty) return Payload::Nothing;
  const auto type = read_content_type(content_type);
  if (type.sealed) return Payload::Sealed;
  return type.soap ? Payload::Soap : Payload::Other;
}

void Challenges::add(std::string_view field_value) noexcept {
  while (const auto challenge = next_challenge(field_value)) {
    offered_ = static_cast<std::uint8_t>(offered_ | 1U << static_cast<unsigned>(challenge->scheme));
    if (!binds(challenge->scheme) || challenge->token_text.empty()) continue;
    token_scheme_ = challenge->scheme;
    content_ = gss_content(challenge->token_text);
    kerberos_error_ = winrm::kerberos_error(challenge->token_text).value_or(0);
  }
}

void LoginTrace::request(const LoginRequest& request) {
  const auto& credentials = request.credentials;
  const bool starts = credentials.token == Token::GssInitial || credentials.token == Token::NtlmNegotiate;
  const bool continues = state_ == State::Handshaking && credentials.scheme == scheme_ && !starts;
  leg_ = Leg::None;
  payload_ = request.payload;
  channel_ = request.channel;
  content_ = GssContent::Other;
  bindings_ = Bindings::Unknown;
  if (credentials.scheme == Scheme::None) {
    if (state_ == State::Handshaking) state_ = State::Idle;
    return;
  }
  if (!binds(credentials.scheme)) {
    if (state_ == State::Handshaking) state_ = State::Idle;
    scheme_ = credentials.scheme;
    leg_ = Leg::PerRequest;
    return;
  }
  if (credentials.token == Token::None) return;
  scheme_ = credentials.scheme;
  leg_ = continues ? Leg::Further : Leg::First;
  if (!continues) {
    target_.reset();
    names_server_ = false;
  }
  if (scheme_ == Scheme::CredSsp) return;  // its tokens are sealed by a TLS of their own
  content_ = gss_content(credentials.token_text);
  if (content_ == GssContent::NtlmAuthenticate) bindings_ = ntlm_bindings(credentials.token_text);
  if (content_ != GssContent::KerberosRequest) return;
  const auto target = kerberos_target(credentials.token_text);
  names_server_ = target && same_host(target->host(), request.server_host);
  target_ = target ? std::make_unique<std::string>(target->text()) : nullptr;
}

void LoginTrace::goes_to(std::string_view server_host, Channel channel) noexcept {
  channel_ = channel;
  if (!target_) return;
  // "HTTP/farm.example.net@EXAMPLE.NET"
  std::string_view host = *target_;
  host.remove_prefix(std::min(host.size(), host.find('/') + 1));
  names_server_ = same_host(host.substr(0, host.find('@')), server_host);
}

LoginEvent LoginTrace::answer(const LoginAnswer& answer) {
  LoginEvent event;
  switch (leg_) {
    case Leg::None:
      event = answer_without_login(answer);
      break;
    case Leg::PerRequest:
      event = answer_to_request(answer);
      break;
    case Leg::First:
    case Leg::Further:
      event = answer_to_leg(answer);
      break;
  }
  leg_ = Leg::None;
  return event;
}

LoginEvent LoginTrace::closed() noexcept {
  const bool ends_login = leg_ != Leg::None || state_ == State::Handshaking;
  state_ = State::Idle;
  leg_ = Leg::None;
  return ends_login ? LoginEvent{LoginOutcome::Undecided, Refusal::None, scheme_} : LoginEvent{};
}

bool LoginTrace::is_answered_soon() const noexcept {
  return is_leg() && (payload_ == Payload::Nothing || content_ == GssContent::NtlmNegotiate);
}

LoginEvent LoginTrace::answer_without_login(const LoginAnswer& answer) noexcept {
  if (state_ != State::Established) return {};
  const bool refused = answer.status == kUnauthorized || is_bare_500(answer);
  if (refused && is_plain_soap()) return {LoginOutcome::None, Refusal::PlainSoapRefused, scheme_};
  if (answer.status == kUnauthorized) state_ = State::Idle;  // the server has forgotten the login
  return {};
}

LoginEvent LoginTrace::answer_to_request(const LoginAnswer& answer) const noexcept {
  LoginEvent event{LoginOutcome::Undecided, Refusal::None, scheme_};
  const bool is_certificate = scheme_ == Scheme::Certificate;
  if (answer.status == kUnauthorized || (is_certificate && answer.status == kForbidden)) {
    event.outcome = LoginOutcome::Failed;
    event.refusal = why_refused(answer);
    event.tried_password = event.refusal == Refusal::WrongPassword;
  } else if (shows_login(answer)) {
    event.outcome = LoginOutcome::Succeeded;
  }
  return event;
}

LoginEvent LoginTrace::answer_to_leg(const LoginAnswer& answer) {
  LoginEvent event{LoginOutcome::Undecided, Refusal::None, scheme_};
  const bool is_first = leg_ == Leg::First;
  state_ = State::Idle;
  if (answer.status == kUnauthorized) {
    const auto reply = answer.challenges.content();
    const bool starts_over = content_ == GssContent::NtlmAuthenticate && reply == GssContent::NtlmChallenge;
    const bool goes_on = answer.challenges.token_scheme() == scheme_ && reply != GssContent::Rejection &&
                         reply != GssContent::KerberosError && !starts_over;
    if (goes_on) {
      state_ = State::Handshaking;
      event.outcome = is_first ? LoginOutcome::Begun : LoginOutcome::Continues;
      return event;
    }
    event.outcome = LoginOutcome::Failed;
    event.refusal = why_refused(answer);
    event.tried_password = content_ == GssContent::NtlmAuthenticate;
    return event;
  }
  const bool soap_refused = is_bare_500(answer) && is_plain_soap();
  if (shows_login(answer) || soap_refused) {
    state_ = State::Established;
    event.outcome = LoginOutcome::Succeeded;
    if (soap_refused) event.refusal = Refusal::PlainSoapRefused;
    target_.reset();
  }
  return event;
}

Refusal LoginTrace::why_refused(const LoginAnswer& answer) const noexcept {
  constexpr std::uint32_t kSkew = 37;  // KRB_AP_ERR_SKEW
  const bool is_offered = answer.challenges.offers(scheme_);
  if (scheme_ == Scheme::Certificate) return Refusal::ClientCertificate;
  if (scheme_ == Scheme::Basic) {
    if (is_offered) return Refusal::WrongPassword;
    if (!answer.challenges.any()) return Refusal::Rejected;
    return channel_ == Channel::Plain ? Refusal::PlainSoapRefused : Refusal::SchemeNotOffered;
  }
  if (content_ == GssContent::NtlmAuthenticate) {
    if (channel_ == Channel::Tls && bindings_ == Bindings::Present) return Refusal::ChannelBinding;
    return is_plain_soap() ? Refusal::PlainSoapRefused : Refusal::WrongPassword;
  }
  if (content_ == GssContent::KerberosRequest) {
    if (answer.challenges.kerberos_error() == kSkew) return Refusal::ClockSkew;
    if (!names_server_) return Refusal::KerberosForBalancerName;
    if (channel_ == Channel::Tls) return Refusal::ChannelBinding;
    return is_plain_soap() ? Refusal::PlainSoapRefused : Refusal::Rejected;
  }
  return is_offered || !answer.challenges.any() ? Refusal::Rejected : Refusal::SchemeNotOffered;
}

}  // namespace winrmlb::winrm
