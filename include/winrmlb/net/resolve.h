// Names to addresses, by the system's resolver. Blocks: for start-up and reload on the control thread.
#pragma once

#include <string>
#include <vector>

#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"

namespace winrmlb::net {

/// An address is its own answer. Never empty on success.
Result<std::vector<IpAddress>> resolve(const std::string& host);

}  // namespace winrmlb::net
