// SessionRow: a session as operators see it; SessionFilter: which of them they mean.
//
// Values. A row is made on the session's worker and read elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::proxy {

/// What is not named does not matter.
struct SessionFilter {
  std::optional<SessionId> id;
  std::optional<IpAddress> client;
  std::optional<PoolId> pool;
  std::optional<ServerId> server;  // by any of its connections
};

struct SessionRow {
  SessionId id;
  std::string listener;
  std::string pool;
  Endpoint client;
  std::string server;  // of the connection that it used last; empty: none yet
  std::string user;    // as far as its login shows it
  std::string scheme;
  TimePoint opened;
  std::uint32_t exchanges = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  bool bound = false;   // a login lives on its server connection
  bool sealed = false;  // its messages cannot be read
  bool idle = false;    // between exchanges
};

}  // namespace winrmlb::proxy
