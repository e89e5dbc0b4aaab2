// What the facts of an audit mean, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include "winrmlb/admin/audit.h"

namespace winrmlb::admin {

enum class Gravity : std::uint8_t { Problem, Note };

struct AuditFinding {
  Gravity gravity;
  std::string pool;
  std::string server;    // empty: the whole pool
  std::string listener;  // empty: all
  std::string text;
};

std::vector<AuditFinding> findings_of(const FarmAudit& farm);

}  // namespace winrmlb::admin
