// `winrm-lb check --probe`: asks every server of a configuration, and says what would fail. Nothing is bound,
// and no running process is needed.
#pragma once

#include <boost/json/object.hpp>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"

namespace winrmlb::app {

/// As admin/audit.h has it. Error Config: a file that the configuration names cannot be used.
Result<boost::json::object> audit(const config::Settings& settings);

/// Prints it; the exit code of the command: 0 no problems, 1 it could not be done, 3 there are problems.
int print_audit(const config::Settings& settings, bool as_json);

}  // namespace winrmlb::app
