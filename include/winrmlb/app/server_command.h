// The commands `drain`, `ready` and `maintenance`: asks the running process, and with --wait stays until the
// server is empty, saying who holds on. For the command line.
#pragma once

#include <cstdint>
#include <string>

#include "winrmlb/config/settings.h"

namespace winrmlb::app {

struct ServerCommand {
  config::ServerMode mode = config::ServerMode::Ready;
  std::string socket;
  std::string server;
  std::string pool;      // empty: the only one that has such a server
  std::string deadline;  // "90s", "10m", "2h"; empty: none
  bool wait = false;     // until it is empty
  bool as_json = false;
};

/// 0: done; 1: it could not be done (standard error says why); 3: the deadline cut something.
int run(const ServerCommand& command);

}  // namespace winrmlb::app
