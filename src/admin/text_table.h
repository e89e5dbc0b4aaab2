// Text of JSON for people: cells, and tables of them. For the pages of this module.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace winrmlb::admin {

boost::json::string json_text(std::string_view value);
/// The value of a key as text; "-" if there is none.
std::string cell(const boost::json::object& row, std::string_view key);
/// Columns as wide as their widest cell; the last one runs free.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace winrmlb::admin
