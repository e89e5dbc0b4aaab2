// Where a log goes, by its options. Throws std::system_error for a file that cannot be opened; a syslog
// receiver may come later.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "line_target.h"
#include "winrmlb/telemetry/syslog.h"

namespace winrmlb::telemetry {

std::unique_ptr<LineTarget> open_target(const std::string& file, const std::optional<SyslogOptions>& syslog);

}  // namespace winrmlb::telemetry
