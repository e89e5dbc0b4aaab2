// What `winrm-lb status` and `explain` answer: JSON that is stable for programs, and text made from it for
// people.
//
// Pure. The text is made by the command-line client from the JSON it got, so that both always say the same.
#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "winrmlb/admin/view.h"
#include "winrmlb/core/result.h"

namespace winrmlb::admin {

boost::json::object status(const View& view);
std::string status_text(const boost::json::object& status);

/// "12s", "3m05s", "2h10m".
std::string duration_text(std::int64_t seconds);

/// Where a client address would go, and why, by the code that routes. `request`: {"client": "10.1.2.3",
/// "pool": …}; the pool may be left out if there is only one. Error Config: what the request lacks.
Result<boost::json::object> explain(const View& view, const boost::json::object& request);

}  // namespace winrmlb::admin
