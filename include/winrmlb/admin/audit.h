// What `winrm-lb check --probe` says of a farm: the facts of each server, and what should be done about them,
// as JSON that is stable for programs, and as a page made from it for people.
//
// Pure. Findings are problems (some clients will fail) or notes (worth knowing; nothing fails by it today).
#pragma once

#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "winrmlb/core/time.h"
#include "winrmlb/health/audit.h"
#include "winrmlb/proxy/snapshot.h"

namespace winrmlb::admin {

struct FarmAudit {
  const proxy::Snapshot& snapshot;
  std::vector<health::ServerAudit> servers;
  WallTime at;
};

boost::json::object audit(const FarmAudit& farm);
std::string audit_text(const boost::json::object& audit);
/// How many of its findings are problems.
std::size_t problems_in(const boost::json::object& audit);

}  // namespace winrmlb::admin
