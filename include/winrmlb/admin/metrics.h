// The Prometheus text of the process's counters (text format 0.0.4). Pure: a View in, text out.
//
// Nothing is kept registered: each scrape sums the workers' single-writer counters and asks the servers'
// states, so a worker is never stopped or locked by it. No label holds a client address, a user or a shell.
#pragma once

#include <string>

#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

std::string metrics(const View& view);

/// Whether new work should be sent here: nothing is draining, and at least one server is fit. What /readyz
/// says.
bool is_ready(const View& view);

}  // namespace winrmlb::admin
