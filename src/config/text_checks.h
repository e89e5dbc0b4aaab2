// What texts must look like: nothing, or what is wrong with them.
#pragma once

#include <string>
#include <string_view>

namespace winrmlb::config {

std::string check_name(std::string_view value);
std::string check_host(std::string_view value);
std::string check_fingerprint(std::string_view value);

}  // namespace winrmlb::config
