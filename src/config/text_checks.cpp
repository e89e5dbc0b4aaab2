#include "text_checks.h"

#include "report.h"
#include "scalar.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

std::string check_name(std::string_view value) {
  return is_name(value) ? ""
                        : in_quotes(value) + " is no name; use letters, digits and - _ . up to 64 of them";
}
std::string check_host(std::string_view value) {
  if (is_host(value)) return "";
  const auto text = in_quotes(value) + " is neither an IP address nor a host name";
  if (value.find("://") != std::string_view::npos) return text + "; write the host without http://";
  if (!value.empty() && value.front() == '[') return text + "; write IPv6 addresses without brackets";
  const auto colon = value.find(':');
  if (colon != std::string_view::npos && is_host(value.substr(0, colon)))
    return text + "; the port has keys of its own, port and tls_port";
  return text;
}
std::string check_fingerprint(std::string_view value) {
  std::size_t digits = 0;
  for (const char c : value) {
    if (c == ':' || c == ' ') continue;
    const char lower = to_lower(c);
    if (!((lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f'))) digits = 1000;
    ++digits;
  }
  return digits == 64
             ? ""
             : in_quotes(value) + " is no SHA-256 fingerprint; it has 64 hexadecimal digits, colons allowed";
}

std::string check_name_or_bind(std::string_view value) {
  return is_name(value) || Endpoint::parse(value) ? "" : in_quotes(value) + " is no name of a listener";
}

std::string check_name_pattern(std::string_view value) {
  const auto name = value.substr(0, 2) == "*." ? value.substr(2) : value;
  return is_host(name) ? "" : in_quotes(value) + " is neither a host name nor *. and one";
}

std::string check_path(std::string_view value) {
  const bool good = !value.empty() && value.front() == '/' && value.find_first_of("?#% \\") == value.npos;
  return good ? "" : in_quotes(value) + " is no path; write it like /wsman, without % and ?";
}

std::string check_name_server(std::string_view value) {
  return IpAddress::parse(value) || Endpoint::parse(value)
             ? ""
             : in_quotes(value) + " is no address; write 10.0.0.53 or 10.0.0.53:53";
}

std::string check_given(std::string_view value) { return value.empty() ? "must not be empty" : ""; }

}  // namespace winrmlb::config
