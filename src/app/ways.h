// By which ports clients come to a pool. Pure; for checks (farm.cpp) and for the audit (audit.cpp), which
// must agree.
#pragma once

#include "winrmlb/proxy/snapshot.h"

namespace winrmlb::app {

struct Ways {
  bool plain = false;
  bool tls = false;
};

/// Of all listeners; neither, while nobody can come.
Ways ways_to(const proxy::Snapshot& snapshot, const proxy::PoolEntry& pool);

}  // namespace winrmlb::app
