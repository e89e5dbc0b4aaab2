#include "text_table.h"

#include <algorithm>

#include <boost/json/serialize.hpp>

namespace winrmlb::admin {

boost::json::string json_text(std::string_view value) {
  return boost::json::string(value.data(), value.size());
}

std::string cell(const boost::json::object& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  if (!value) return "-";
  if (value->is_string()) return std::string(value->get_string());
  return boost::json::serialize(*value);
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const auto& row : rows) {
    out += "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - row[i].size() + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace winrmlb::admin
