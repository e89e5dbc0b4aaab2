// Passwords from files, as every secret of the configuration comes: the first line, without its end.
#pragma once

#include <optional>
#include <string>

namespace winrmlb::app {

/// Nothing if the file cannot be read or its first line is empty.
std::optional<std::string> read_password(const std::string& file);

}  // namespace winrmlb::app
