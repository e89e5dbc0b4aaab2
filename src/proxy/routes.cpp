#include "winrmlb/proxy/routes.h"

#include <algorithm>

#include "winrmlb/core/text.h"

namespace winrmlb::proxy {

namespace {

// "name", or "*.name" for every name below it.
bool name_fits(std::string_view pattern, std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (pattern.substr(0, 2) != "*.") return equals_ignoring_case(pattern, name);
  const auto ending = pattern.substr(1);
  return name.size() > ending.size() &&
         equals_ignoring_case(name.substr(name.size() - ending.size()), ending);
}

std::string_view without_port(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const auto bracket = host.find(']');
    return bracket == host.npos ? host : host.substr(1, bracket - 1);
  }
  return host.substr(0, host.find(':'));
}

// The whole URI, or its last part: Microsoft.PowerShell of http://schemas.microsoft.com/powershell/…
bool resource_fits(std::string_view wanted, std::string_view resource) {
  if (equals_ignoring_case(wanted, resource)) return true;
  const auto slash = resource.rfind('/');
  return slash != resource.npos && equals_ignoring_case(wanted, resource.substr(slash + 1));
}

// DOMAIN\user, or with * at the beginning or the end.
bool user_fits(std::string_view wanted, std::string_view user) {
  if (user.empty()) return false;
  if (wanted.back() == '*') return starts_with_ignoring_case(user, wanted.substr(0, wanted.size() - 1));
  if (wanted.front() == '*') {
    const auto ending = wanted.substr(1);
    return user.size() >= ending.size() &&
           equals_ignoring_case(user.substr(user.size() - ending.size()), ending);
  }
  return equals_ignoring_case(wanted, user);
}

bool holds(const config::Route& route, const RouteFacts& facts) {
  const auto given = [](const std::string& wanted, auto fits) { return wanted.empty() || fits(); };
  return given(route.listener, [&] { return route.listener == facts.listener; }) &&
         given(route.sni, [&] { return name_fits(route.sni, facts.sni); }) &&
         given(route.host, [&] { return name_fits(route.host, without_port(facts.host)); }) &&
         (route.clients.empty() ||
          std::any_of(route.clients.begin(), route.clients.end(),
                      [&](const Prefix& network) { return network.contains(facts.client); })) &&
         given(route.path, [&] { return starts_with_ignoring_case(facts.path, route.path); }) &&
         given(route.resource, [&] { return resource_fits(route.resource, facts.resource); }) &&
         given(route.user, [&] { return user_fits(route.user, facts.user); });
}

}  // namespace

std::optional<std::size_t> first_route(const std::vector<config::Route>& routes, const RouteFacts& facts) {
  const auto found = std::find_if(routes.begin(), routes.end(),
                                  [&](const config::Route& route) { return holds(route, facts); });
  if (found == routes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - routes.begin());
}

std::string describe_route(const std::vector<config::Route>& routes, std::size_t index) {
  const auto& route = routes[index];
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + std::string(name) + " " + value;
  };
  add("listener", route.listener);
  add("sni", route.sni);
  add("host", route.host);
  std::string clients;
  for (const auto& network : route.clients)
    clients += (clients.empty() ? "" : " ") + network.text();
  add("clients", clients);
  add("path", route.path);
  add("resource", route.resource);
  add("user", route.user);
  return "route " + std::to_string(index + 1) + (text.empty() ? "" : " (" + text + ")");
}

}  // namespace winrmlb::proxy
