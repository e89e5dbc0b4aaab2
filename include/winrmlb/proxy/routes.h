// Routes: which pool a client goes to, when that is not simply its listener's.
//
// Pure. The first route whose conditions all hold; what is not known of a request holds for no condition.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"

namespace winrmlb::proxy {

/// What is known of a request when its pool is chosen. Views of the session's and the exchange's.
struct RouteFacts {
  std::string_view listener;
  std::string_view sni;   // empty: no TLS, or no name asked for
  std::string_view host;  // as in the Host field
  IpAddress client;
  std::string_view path;
  std::string_view resource;  // empty: sealed, or none
  std::string_view user;      // empty: not shown
};

/// The first that holds, as an index.
std::optional<std::size_t> first_route(const std::vector<config::Route>& routes, const RouteFacts& facts);

/// For people: "route 3 (sni *.example.net)".
std::string describe_route(const std::vector<config::Route>& routes, std::size_t index);

}  // namespace winrmlb::proxy
