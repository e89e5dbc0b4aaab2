#include "open_target.h"

#include "file_target.h"
#include "syslog_target.h"

namespace winrmlb::telemetry {

std::unique_ptr<LineTarget> open_target(const std::string& file, const std::optional<SyslogOptions>& syslog) {
  if (syslog) return std::make_unique<SyslogTarget>(*syslog);
  return std::make_unique<FileTarget>(file);
}

}  // namespace winrmlb::telemetry
