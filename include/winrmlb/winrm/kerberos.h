// What Kerberos tokens say in clear: for which service a ticket is, and why a server could not use it.
//
// Pure, any thread; bounded, allocates for the result alone. A client asks for a ticket for the name that it
// connects to. Behind a balancer that is the balancer's, whose key no server has: the log then names the
// service, so that an operator sees at once what went wrong. RFC 4120 5.3 (Ticket), 5.5.1 (AP-REQ), 5.9.1
// (KRB-ERROR).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::winrm {

/// The server that a ticket is for.
struct KerberosTarget {
  std::string service;  // "HTTP/farm.example.net"
  std::string realm;    // "EXAMPLE.NET"

  std::string text() const { return service + '@' + realm; }
  /// What follows the class of the service: "farm.example.net"; empty if there is nothing.
  std::string_view host() const noexcept;
};

/// Of a token with an AP-REQ, in SPNEGO or alone; nothing if it has none, or one that is not understood.
std::optional<KerberosTarget> kerberos_target(std::string_view token_text);

/// The code of a token with a KRB-ERROR: 37 the clocks differ too much, 41 another key.
std::optional<std::uint32_t> kerberos_error(std::string_view token_text) noexcept;

/// Whether two host names may be those of one machine: equal but for case, or one is the other's first label.
bool same_host(std::string_view a, std::string_view b) noexcept;

}  // namespace winrmlb::winrm
