// The session cookie: by which also a session that cannot be read finds back to its server. Ours is taken out
// of what goes to servers, and given with the first answer of a session, whatever that says.
#include <algorithm>

#include "winrmlb/proxy/cookie.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

// Also where there is no such cookie any more. False: too many edits.
bool Session::take_out_cookies(Exchange& exchange, http::Edit& edit) {
  for (const auto& field : worker_.fields.all()) {
    if (field.known != http::FieldName::Cookie) continue;
    const auto ours = read_cookie_field(field.value, pool_entry().cookie_keys.get());
    if (ours.ours_alone && !edit.remove(field.line)) return false;
    for (std::size_t i = 0; i < ours.span_count && !ours.ours_alone; ++i) {
      if (!edit.remove(ours.spans[i])) return false;
    }
    if (!ours.cookie || exchange.cookie_server) continue;
    for (const auto& member : pool().members()) {
      if (cookie_server(pool().name(), member.settings.name) == ours.cookie->server)
        exchange.cookie_server = member.state->id;
    }
  }
  return true;
}

// The line of the answer; empty: none is due. An answer that a hunt sets aside gives the client nothing, so
// whether it has the cookie is settled when the exchange ends.
std::string Session::cookie_for(Exchange& exchange) const {
  const auto* keys = pool_entry().cookie_keys.get();
  if (!keys || has_cookie_ || !link_->server) return {};
  exchange.has_cookie = true;
  if (exchange.cookie_server == link_->server) return {};
  const SessionCookie cookie{cookie_server(pool().name(), std::string(name_of_server(*link_->server))), id_};
  return set_cookie_line(*keys, cookie, listener().tls ? CookieScope::TlsOnly : CookieScope::AnyConnection);
}

// Clients of which it is known that they bring cookies back need not go by their address.
bool Session::is_spread() const noexcept {
  if (!pool_entry().cookie_keys) return false;
  const auto& networks = pool().settings().affinity.cookie.clients;
  return std::any_of(networks.begin(), networks.end(),
                     [this](const Prefix& network) { return network.contains(client_endpoint_.address); });
}

}  // namespace winrmlb::proxy
