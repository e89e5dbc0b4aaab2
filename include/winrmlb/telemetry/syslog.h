// Syslog: where and how log lines go to a syslog receiver, and what such a line is (RFC 5424).
//
// The line is made by whoever logs, in one piece and pure; SyslogTarget (src/telemetry) only frames and sends
// it: a datagram each to the local socket or by UDP (RFC 5426), octet counting by TCP (RFC 6587 3.4.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "winrmlb/core/address.h"
#include "winrmlb/core/time.h"

namespace winrmlb::telemetry {

enum class SyslogTransport : std::uint8_t { Local, Udp, Tcp };

struct SyslogOptions {
  SyslogTransport transport = SyslogTransport::Local;
  Endpoint address;                 // Udp and Tcp
  std::string socket = "/dev/log";  // Local
  std::uint8_t facility = 16;       // local0
  std::string host;                 // empty: the machine's name
};

/// RFC 5424 6.2.1.
enum class Severity : std::uint8_t { Error = 3, Warning = 4, Informational = 6, Debug = 7 };

/// The parts of a message that are the same for all of a process.
class SyslogHeader {
 public:
  explicit SyslogHeader(const SyslogOptions& options);
  /// "<134>1 2026-11-24T08:00:00.123Z lb1 winrm-lb 4711 exchange [winrm-lb@32473", to be followed by
  /// parameters and "]". `time`: RFC 3339 without its Z, for those who have it made already.
  void append(std::string& out, Severity severity, std::string_view time, std::string_view message_id) const;

 private:
  std::uint8_t facility_;
  std::string sender_;  // " host winrm-lb pid "
};

/// The value of a parameter: '"', '\\' and ']' behind a backslash (RFC 5424 6.3.3), valid UTF-8, one line.
void append_parameter_escaped(std::string& out, std::string_view text);
/// The message behind the structured data: valid UTF-8, one line.
void append_message_escaped(std::string& out, std::string_view text);

}  // namespace winrmlb::telemetry
