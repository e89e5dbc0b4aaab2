// From the log settings to what telemetry wants; telemetry knows no settings.
#pragma once

#include "winrmlb/config/settings.h"
#include "winrmlb/telemetry/access_log.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

telemetry::LogOptions log_options(const config::Log& settings);
telemetry::AccessOptions access_options(const config::Log& settings);

}  // namespace winrmlb::app
