// The other end of the control socket: asks a running winrm-lb. Blocks; for the command line.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "winrmlb/core/result.h"

namespace winrmlb::admin {

/// Error: nobody answers there, or the answer is an error (its text).
Result<boost::json::object> ask(const std::string& socket_path, const boost::json::object& request);

}  // namespace winrmlb::admin
