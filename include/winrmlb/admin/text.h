// Text for people, made from the API's JSON. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace winrmlb::admin {

/// What `row` has there, as text; "-" for nothing.
std::string cell(const boost::json::object& row, std::string_view key);
/// The same of seconds: "3m05s".
std::string duration_cell(const boost::json::object& row, std::string_view key);
/// Columns as wide as their widest cell; the last one runs free. Characters are counted as UTF-8 has them.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace winrmlb::admin
