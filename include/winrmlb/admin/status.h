// What the process says of itself: JSON that is stable for programs, and the text made from it for people.
//
// Pure. The text is made by the command-line client from the JSON it got, so that both always say the same.
#pragma once

#include <string>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "winrmlb/admin/view.h"

namespace winrmlb::admin {

boost::json::object status(const View& view);
std::string status_text(const boost::json::object& status);

// Its parts.
boost::json::object configuration(const View& view);
boost::json::array listeners(const View& view);
boost::json::array pools(const View& view);
boost::json::object pool_status(const View& view, const balance::Pool& pool);
boost::json::object server_status(const View& view, const balance::Pool& pool, const balance::Member& member);

/// Those of listeners, and those that servers showed at their last check.
boost::json::object certificates(const View& view);

/// Which listed client goes where, and what changes after each single failure.
boost::json::object plan_of(const balance::Pool& pool);

Totals totals_of(const View& view);
std::vector<ServerTotals> server_totals_of(const View& view);
ServerTotals server_totals_of(const View& view, const balance::Pool& pool, ServerId id);

/// "12s", "3m05s", "2h10m".
std::string duration_text(std::int64_t seconds);

}  // namespace winrmlb::admin
