#include "winrmlb/proxy/scope.h"

#include <algorithm>

#include "winrmlb/core/text.h"

namespace winrmlb::proxy {

using balance::Refusal;
using config::LoginScheme;

namespace {

bool among(const std::vector<Prefix>& networks, const IpAddress& address) noexcept {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Prefix& network) { return network.contains(address); });
}

// Two parties could read such a path differently: the server would take out what stands between the dots.
bool has_detours(std::string_view path) {
  if (path.find('\\') != path.npos) return true;
  for (std::size_t at = path.find('%'); at != path.npos; at = path.find('%', at + 1)) {
    const auto code = path.substr(at + 1, 2);
    for (const auto* hidden : {"2e", "2f", "5c", "25", "00"}) {
      if (equals_ignoring_case(code, hidden)) return true;
    }
  }
  for (std::size_t at = path.find("/."); at != path.npos; at = path.find("/.", at + 1)) {
    const auto rest = path.substr(at + 1);
    const auto segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

std::optional<LoginScheme> known(winrm::Scheme scheme) noexcept {
  switch (scheme) {
    case winrm::Scheme::Basic:
      return LoginScheme::Basic;
    case winrm::Scheme::Ntlm:
      return LoginScheme::Ntlm;
    case winrm::Scheme::Negotiate:
      return LoginScheme::Negotiate;
    case winrm::Scheme::Kerberos:
      return LoginScheme::Kerberos;
    case winrm::Scheme::CredSsp:
      return LoginScheme::CredSsp;
    case winrm::Scheme::Certificate:
      return LoginScheme::Certificate;
    case winrm::Scheme::None:
    case winrm::Scheme::Other:
      return std::nullopt;
  }
  return std::nullopt;
}

bool holds(const std::vector<LoginScheme>& schemes, LoginScheme scheme) noexcept {
  return std::find(schemes.begin(), schemes.end(), scheme) != schemes.end();
}

// "10.0.0.1", "10.0.0.1:50000", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:50000"
std::optional<IpAddress> address_in(std::string_view text) {
  if (const auto address = IpAddress::parse(text)) return address;
  if (text.size() > 2 && text.front() == '[' && text.back() == ']')
    return IpAddress::parse(text.substr(1, text.size() - 2));
  const auto endpoint = Endpoint::parse(text);
  return endpoint ? std::optional(endpoint->address) : std::nullopt;
}

}  // namespace

std::string_view path_of(std::string_view target) noexcept {
  std::size_t end = 0;
  while (end < target.size() && target[end] != '?' && target[end] != '#')
    ++end;
  target = target.substr(0, end);
  if (!target.empty() && target.front() == '/') return target;
  const auto scheme = target.find("://");
  if (scheme == target.npos) return target;
  const auto slash = target.find('/', scheme + 3);
  return slash == target.npos ? std::string_view("/") : target.substr(slash);
}

std::optional<Refusal> out_of_scope(const config::Listener& listener, const http::RequestHead& head) {
  const auto path = path_of(head.target);
  const bool known_path =
      std::any_of(listener.paths.begin(), listener.paths.end(), [&](const std::string& beginning) {
        return beginning == "/" || path == beginning ||
               (starts_with_ignoring_case(path, beginning) && !has_detours(path));
      });
  if (!known_path) return Refusal::Path;
  const bool known_method = listener.methods == config::Methods::Any || head.method == http::Method::Post;
  return known_method ? std::nullopt : std::optional(Refusal::Method);
}

bool passes(const config::Schemes& schemes, winrm::Scheme scheme) noexcept {
  if (scheme == winrm::Scheme::None) return true;
  const auto name = known(scheme);
  if (!name) return schemes.allow.empty();
  return !holds(schemes.deny, *name) && (schemes.allow.empty() || holds(schemes.allow, *name));
}

std::string offered_challenges(const config::Schemes& schemes) {
  struct Offer {
    winrm::Scheme scheme;
    bool usual;  // WinRM has it switched on by itself
    std::string_view challenge;
  };
  static constexpr Offer kOffers[] = {{winrm::Scheme::Negotiate, true, "Negotiate"},
                                      {winrm::Scheme::Kerberos, true, "Kerberos"},
                                      {winrm::Scheme::CredSsp, false, "CredSSP"},
                                      {winrm::Scheme::Ntlm, false, "NTLM"},
                                      {winrm::Scheme::Basic, true, "Basic realm=\"WSMAN\""}};
  std::string lines;
  for (const auto& offer : kOffers) {
    const bool offered = offer.usual || !schemes.allow.empty();
    if (offered && passes(schemes, offer.scheme))
      lines.append("WWW-Authenticate: ").append(offer.challenge).append("\r\n");
  }
  return lines;
}

std::string fields_of(ErrorCode code, const config::Listener& listener) {
  if (code == ErrorCode::MethodNotAllowed) return "Allow: POST\r\n";
  if (code == ErrorCode::LoginNotAllowed) return offered_challenges(listener.schemes);
  return {};
}

Result<IpAddress> client_behind(const IpAddress& connection, const std::vector<Prefix>& proxies,
                                const http::Fields& fields) {
  IpAddress client = connection;
  const auto all = fields.all();
  for (auto field = all.rbegin(); field != all.rend(); ++field) {
    if (field->known != http::FieldName::XForwardedFor) continue;
    std::string_view rest = field->value;
    while (among(proxies, client)) {
      const auto comma = rest.rfind(',');
      const auto item = trimmed(comma == rest.npos ? rest : rest.substr(comma + 1));
      const auto address = address_in(item);
      if (!address) {
        return Error{ErrorCode::BadRequest, Side::Client,
                     "the X-Forwarded-For of " + connection.text() + " holds something that is no address"};
      }
      client = *address;
      if (comma == rest.npos) break;
      rest = rest.substr(0, comma);
    }
  }
  return client;
}

Error error_of(Refusal refusal) {
  const auto because = [](ErrorCode code, std::string detail) {
    return Error{code, Side::Client, std::move(detail)};
  };
  switch (refusal) {
    case Refusal::Denied:
      return because(ErrorCode::Forbidden, "the client's address is not allowed here");
    case Refusal::Sessions:
      return because(ErrorCode::Limit, "the listener has as many sessions as it may");
    case Refusal::SessionsOfAddress:
      return because(ErrorCode::TooManyRequests, "the client's address has as many sessions as it may");
    case Refusal::RateOfAddress:
      return because(ErrorCode::TooManyRequests, "the client's address makes new sessions too fast");
    case Refusal::LoginsOfAddress:
      return because(ErrorCode::TooManyRequests, "the client's address begins logins too fast");
    case Refusal::ProxyHeader:
      return because(ErrorCode::Forbidden, "no PROXY header of a proxy that may send one");
    case Refusal::Tls:
      return because(ErrorCode::TlsFailed, "the client does not speak TLS as it must");
    case Refusal::Path:
      return because(ErrorCode::NotFound, "the path is none of the listener's");
    case Refusal::Method:
      return because(ErrorCode::MethodNotAllowed, "the listener takes POST alone");
    case Refusal::Scheme:
      return because(ErrorCode::LoginNotAllowed, "the listener does not let this kind of login pass");
    case Refusal::AddressChanged:
      return because(ErrorCode::Misdirected,
                     "the proxy in front sends requests of several clients on one connection; logins belong "
                     "to connections, so it must keep them apart");
  }
  return because(ErrorCode::Forbidden, {});
}

}  // namespace winrmlb::proxy
