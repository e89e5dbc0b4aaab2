#include "winrmlb/app/password.h"

#include <fstream>

namespace winrmlb::app {

std::optional<std::string> read_password(const std::string& file) {
  if (file.empty()) return std::nullopt;
  std::ifstream in(file);
  std::string password;
  if (!std::getline(in, password)) return std::nullopt;
  if (!password.empty() && password.back() == '\r') password.pop_back();
  return password.empty() ? std::nullopt : std::optional(password);
}

}  // namespace winrmlb::app
