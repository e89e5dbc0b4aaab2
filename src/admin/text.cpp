#include "winrmlb/admin/text.h"

#include <algorithm>
#include <cstdio>

#include <boost/json/serialize.hpp>

#include "winrmlb/admin/status.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

// As many columns as UTF-8 has characters.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string duration_cell(const json::object& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  return value ? duration_text(value->to_number<std::int64_t>()) : "-";
}

std::string cell(const json::object& row, std::string_view key) {
  const auto* value = row.if_contains(key);
  if (!value) return "-";
  if (value->is_string()) return std::string(value->get_string());
  return json::serialize(*value);
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    out += "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

std::string duration_text(std::int64_t s) {
  char buffer[32];
  if (s < 60) {
    std::snprintf(buffer, sizeof buffer, "%llds", static_cast<long long>(s));
  } else if (s < 3600) {
    std::snprintf(buffer, sizeof buffer, "%lldm%02llds", static_cast<long long>(s / 60),
                  static_cast<long long>(s % 60));
  } else {
    std::snprintf(buffer, sizeof buffer, "%lldh%02lldm", static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60));
  }
  return buffer;
}

}  // namespace winrmlb::admin
