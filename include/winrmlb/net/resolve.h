// Names to addresses, by c-ares: as /etc/nsswitch.conf, /etc/hosts and /etc/resolv.conf say, with the time to
// live of a DNS answer. What only the system's own resolver knows (other sources of nsswitch) is found by
// that.
//
// Blocks, for up to ten seconds if no name server answers: called where nobody waits, or at start-up.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"

namespace winrmlb::net {

struct Resolved {
  std::vector<IpAddress> addresses;  // never empty; the one to be tried first, first
  std::optional<seconds> ttl;        // nothing: they are not from the DNS
};

/// An address is its own answer. `name_servers`: "address" or "address:port", in place of the system's.
Result<Resolved> resolve(const std::string& host, const std::vector<std::string>& name_servers = {});

}  // namespace winrmlb::net
