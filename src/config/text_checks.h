// What texts must look like: nothing, or what is wrong with them.
#pragma once

#include <string>
#include <string_view>

namespace winrmlb::config {

std::string check_name(std::string_view value);
std::string check_host(std::string_view value);
std::string check_fingerprint(std::string_view value);
/// A listener's name: given, or else its bind address.
std::string check_name_or_bind(std::string_view value);
/// A host name, or "*." and one.
std::string check_name_pattern(std::string_view value);
/// The beginning of an absolute path.
std::string check_path(std::string_view value);
/// An address, or an endpoint.
std::string check_name_server(std::string_view value);
/// Anything but nothing.
std::string check_given(std::string_view value);

}  // namespace winrmlb::config
