// AffinityTable: client address → server, one entry per address and pool, shared by all workers.
//
// The one authority behind promise 1 (one client address, one server): striped locks for look-ups, one lock per
// pool for choosing and inserting a new address, so that different new addresses land even too. Bounded: when
// full, the oldest entry that holds nothing goes first; one that holds something never.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "winrmlb/balance/choose.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

class AffinityTable;  // API: to be written with its implementation

}  // namespace winrmlb::balance
