// The Prometheus text of the process's counters (text format 0.0.4): a View in, text out. Beyond the View it
// asks only the kernel, about this process.
//
// Nothing is kept registered: each scrape sums the workers' single-writer counters and asks the servers'
// states, so a worker is never stopped or waited for. Every series is there from the start, at zero. No label
// holds a client address, a user or a shell; each comes from a closed set or from the configuration.
#pragma once

#include <string>

#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

std::string metrics(const View& view);

/// Whether new work should be sent here: nothing is draining, and at least one server is fit. What /readyz
/// says.
bool is_ready(const View& view);

}  // namespace winrmlb::admin
