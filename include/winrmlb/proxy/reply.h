// The reply table: what each error means to the client, the log and the metrics. One row per ErrorCode.
//
// Pure. Every answer of our own is a SOAP fault (clients die of HTML) and closes the connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "winrmlb/core/result.h"
#include "winrmlb/telemetry/log.h"
#include "winrmlb/winrm/fault.h"

namespace winrmlb::proxy {

struct ReplyRow {
  std::uint16_t status;  // 0: no answer, the connection is closed
  winrm::FaultCode fault;
  std::uint16_t retry_after;  // seconds; 0: none
  telemetry::Level level;     // of the log line
  std::string_view text;      // for the client; what exactly was wrong stands in the log
};

const ReplyRow& reply_row(ErrorCode code) noexcept;

}  // namespace winrmlb::proxy
