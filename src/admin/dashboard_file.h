// A file of the dashboard as src/cmake/dashboard.cmake writes it.
#pragma once

#include <string_view>

namespace winrmlb::admin {

struct DashboardFile {
  std::string_view type;
  std::string_view etag;  // of its content, quoted
  std::string_view content;
};

extern const DashboardFile kDashboardPage;
extern const DashboardFile kDashboardStyle;
extern const DashboardFile kDashboardScript;

}  // namespace winrmlb::admin
