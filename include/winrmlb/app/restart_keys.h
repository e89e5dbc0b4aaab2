// Which settings a reload cannot bring into force: they made something at start that lasts as long as the
// process.
#pragma once

#include <string>
#include <vector>

#include "winrmlb/config/settings.h"

namespace winrmlb::app {

/// The keys that differ and wait for a restart, as the configuration spells them.
std::vector<std::string> keys_for_a_restart(const config::Settings& running, const config::Settings& wanted);

}  // namespace winrmlb::app
