#include "winrmlb/app/restart_keys.h"

namespace winrmlb::app {

std::vector<std::string> keys_for_a_restart(const config::Settings& running, const config::Settings& wanted) {
  std::vector<std::string> keys;
  const auto compare = [&](const char* key, const auto& was, const auto& is) {
    if (was != is) keys.emplace_back(key);
  };
  compare("workers", running.workers, wanted.workers);
  compare("log.file", running.log.file, wanted.log.file);
  compare("log.format", running.log.format, wanted.log.format);
  compare("log.access_file", running.log.access_file, wanted.log.access_file);
  compare("admin.bind", running.admin.bind, wanted.admin.bind);
  compare("admin.socket", running.admin.socket, wanted.admin.socket);
  compare("limits.sessions", running.limits.sessions, wanted.limits.sessions);
  compare("state.store", running.state.store, wanted.state.store);
  compare("state.path", running.state.path, wanted.state.path);
  return keys;
}

}  // namespace winrmlb::app
