// What no key can be asked alone: whether the settings make sense together. Mistakes, and warnings for
// foot-guns.
#pragma once

#include "report.h"
#include "winrmlb/config/settings.h"

namespace winrmlb::config {

void check_settings(const Settings& settings, Report& report);

}  // namespace winrmlb::config
