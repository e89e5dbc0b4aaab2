#include "winrmlb/winrm/auth.h"

#include "winrmlb/core/base64.h"
#include "winrmlb/core/text.h"

namespace winrmlb::winrm {

namespace {

// What stands in the field when a client certificate is the login (MS-WSMV 2.2.9.2).
constexpr std::string_view kCertificate =
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";

// RFC 9110 5.6.2.
constexpr bool is_token_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// The scheme ends at the first character that no scheme can have, not just at a blank: if a server takes some
// odd spelling for Negotiate, the session is to be bound.
std::string_view leading_token(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_token_character(text[length]))
    ++length;
  return text.substr(0, length);
}

Scheme scheme_of(std::string_view name) noexcept {
  if (equals_ignoring_case(name, "Basic")) return Scheme::Basic;
  if (equals_ignoring_case(name, "Negotiate")) return Scheme::Negotiate;
  if (equals_ignoring_case(name, "NTLM")) return Scheme::Ntlm;
  if (equals_ignoring_case(name, "Kerberos")) return Scheme::Kerberos;
  if (equals_ignoring_case(name, "CredSSP")) return Scheme::CredSsp;
  return Scheme::Other;
}

// By the first bytes, read off their base64: twelve digits are the NTLM signature and the low byte of the
// type.
Token token_of(std::string_view text) noexcept {
  constexpr std::string_view kNtlm = "TlRMTVNTUAA";
  if (text.empty()) return Token::None;
  if (text.starts_with(kNtlm) && text.size() > kNtlm.size()) {
    switch (text[kNtlm.size()]) {
      case 'B':
        return Token::NtlmNegotiate;
      case 'C':
        return Token::NtlmChallenge;
      case 'D':
        return Token::NtlmAuthenticate;
      default:
        return Token::Opaque;
    }
  }
  if (text.starts_with("FgM")) return Token::TlsRecord;  // 16 03: handshake, version 3.x (RFC 8446 5.1)
  if (text.size() < 2) return Token::Opaque;
  const int first = base64_digit(text[0]);
  const int second = base64_digit(text[1]);
  if (first < 0 || second < 0) return Token::Opaque;
  const int byte = first << 2 | second >> 4;
  if (byte == 0x60) return Token::GssInitial;      // [APPLICATION 0]
  if (byte == 0xa1) return Token::SpnegoResponse;  // [1] of NegotiationToken
  return Token::Opaque;
}

Credentials read_field(std::string_view value) noexcept {
  value = trimmed(value);
  if (value.empty()) return {};
  if (equals_ignoring_case(value, kCertificate)) return {Scheme::Certificate, Token::None, {}};
  const auto name = leading_token(value);
  const auto scheme = scheme_of(name);
  const auto rest = trimmed(value.substr(name.size()));
  if (rest.empty()) return {scheme, Token::None, {}};
  return {scheme, binds(scheme) ? token_of(rest) : Token::Opaque, rest};
}

// The value without parameters.
std::string_view media_type(std::string_view content_type) noexcept {
  std::size_t end = 0;
  while (end < content_type.size() && content_type[end] != ';' && content_type[end] != ',')
    ++end;
  return trimmed(content_type.substr(0, end));
}

// The first parameter of a field's rest, and what follows it. Quoted strings are taken whole (RFC
// 9110 5.6.6).
struct Parameter {
  std::string_view name;
  std::string_view value;
  std::string_view rest;
};

std::size_t find_outside_quotes(std::string_view text, char wanted) noexcept {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != wanted); ++end) {
    if (quoted && text[end] == '\\' && end + 1 < text.size()) {
      ++end;
    } else if (text[end] == '"') {
      quoted = !quoted;
    }
  }
  return end;
}

Parameter first_parameter(std::string_view text) noexcept {
  const auto end = find_outside_quotes(text, ';');
  const auto whole = trimmed(text.substr(0, end));
  const auto equals = whole.find('=');
  Parameter found{whole, {}, text.substr(end == text.size() ? end : end + 1)};
  if (equals == std::string_view::npos) return found;
  found.name = whole.substr(0, equals);
  found.value = whole.substr(equals + 1);
  if (found.value.size() >= 2 && found.value.front() == '"' && found.value.back() == '"') {
    found.value = found.value.substr(1, found.value.size() - 2);
  }
  return found;
}

// The first element of a comma-separated list, which is taken off it.
std::string_view next_element(std::string_view& rest) noexcept {
  const auto end = find_outside_quotes(rest, ',');
  const auto element = trimmed(rest.substr(0, end));
  rest.remove_prefix(end == rest.size() ? end : end + 1);
  return element;
}

// `realm="WSMAN"` or `nonce = x`, which cannot begin a challenge. `Negotiate oYIB=` does: before its equals
// sign stands more than a name.
bool is_parameter(std::string_view element) noexcept {
  const auto after = trimmed(element.substr(leading_token(element).size()));
  return !after.empty() && after.front() == '=';
}

}  // namespace

std::string_view name_of(Scheme scheme) noexcept {
  switch (scheme) {
    case Scheme::None:
      return "none";
    case Scheme::Basic:
      return "basic";
    case Scheme::Ntlm:
      return "ntlm";
    case Scheme::Negotiate:
      return "negotiate";
    case Scheme::Kerberos:
      return "kerberos";
    case Scheme::CredSsp:
      return "credssp";
    case Scheme::Certificate:
      return "certificate";
    case Scheme::Other:
      return "other";
  }
  return "other";
}

Credentials read_authorization(std::string_view value) noexcept { return read_field(value); }

Credentials read_challenge(std::string_view value) noexcept {
  return next_challenge(value).value_or(Credentials{});
}

// A challenge is a scheme, and after a blank a token or parameters; both lists have the same commas. An
// element that is a name with an equals sign is a parameter of the challenge before it. The first element is
// a challenge in any case: a server's odd spelling must not hide that it binds.
std::optional<Credentials> next_challenge(std::string_view& rest) noexcept {
  auto element = next_element(rest);
  while (element.empty() && !rest.empty())
    element = next_element(rest);
  if (element.empty()) return std::nullopt;
  while (!rest.empty()) {
    auto ahead = rest;
    const auto further = next_element(ahead);
    if (!further.empty() && !is_parameter(further)) break;
    rest = ahead;
  }
  return read_field(element);
}

std::optional<std::string> user_of(const Credentials& credentials) {
  switch (credentials.scheme) {
    case Scheme::Basic:
      return basic_user(credentials.token_text);
    case Scheme::Ntlm:
    case Scheme::Negotiate: {
      const bool may_name =
          credentials.token == Token::NtlmAuthenticate || credentials.token == Token::SpnegoResponse;
      return may_name ? ntlm_user(credentials.token_text) : std::nullopt;
    }
    case Scheme::None:
    case Scheme::Kerberos:
    case Scheme::CredSsp:
    case Scheme::Certificate:
    case Scheme::Other:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_sealed(std::string_view content_type) noexcept {
  const auto type = media_type(content_type);
  return equals_ignoring_case(type, "multipart/encrypted") ||
         equals_ignoring_case(type, "multipart/x-multi-encrypted");
}

bool is_soap(std::string_view content_type) noexcept {
  return equals_ignoring_case(media_type(content_type), "application/soap+xml");
}

Charset charset_of(std::string_view content_type) noexcept {
  const auto parameters = content_type.find(';');
  if (parameters == std::string_view::npos) return Charset::Utf8;
  auto rest = content_type.substr(parameters + 1);
  while (!rest.empty()) {
    const auto parameter = first_parameter(rest);
    rest = parameter.rest;
    if (!equals_ignoring_case(trimmed(parameter.name), "charset")) continue;
    const auto charset = trimmed(parameter.value);
    if (equals_ignoring_case(charset, "utf-8") || equals_ignoring_case(charset, "utf8")) return Charset::Utf8;
    return starts_with_ignoring_case(charset, "utf-16") ? Charset::Utf16 : Charset::Other;
  }
  return Charset::Utf8;
}

ContentType read_content_type(std::string_view value) noexcept {
  constexpr std::string_view kUsual = "application/soap+xml;charset=UTF-8";  // of nearly every message
  if (value == kUsual) return {.soap = true};
  if (is_soap(value)) return {.soap = true, .charset = charset_of(value)};
  return {.sealed = is_sealed(value)};
}

std::optional<std::string> basic_user(std::string_view token_text) {
  std::string user;
  bool ended = false;
  const bool whole = decode_base64(token_text, [&](char c) {
    if (c == ':') ended = true;
    if (!ended) user += c;
  });
  if (!whole || !ended || user.empty()) return std::nullopt;
  return user;
}

std::string describe(const Credentials& credentials) {
  std::string text = "<";
  text += name_of(credentials.scheme);
  if (!credentials.token_text.empty())
    text += ", " + std::to_string(credentials.token_text.size()) + " bytes";
  text += '>';
  return text;
}

}  // namespace winrmlb::winrm
