// Log settings: what is written, and where. A part of Settings (settings.h), which says what holds for all of
// them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "winrmlb/core/address.h"

namespace winrmlb::config {

using std::chrono::seconds;

enum class LogLevel : std::uint8_t { Trace, Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Json, Text };

enum class SyslogTo : std::uint8_t { Local, Udp, Tcp };

/// The receiver that the files named "syslog" stand for.
struct Syslog {
  SyslogTo to = SyslogTo::Local;
  std::optional<Endpoint> address;  // Udp and Tcp
  std::string socket = "/dev/log";  // Local
  std::uint8_t facility = 16;       // RFC 5424 6.2.1; local0
  friend bool operator==(const Syslog&, const Syslog&) = default;
};

struct Log {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Json;
  std::string file;         // empty: standard output; "syslog"
  std::string access_file;  // empty: with the rest; "off": none; "syslog"
  seconds repeats{10};      // in which a line that says the same again is counted instead; 0: never
  Syslog syslog;
  friend bool operator==(const Log&, const Log&) = default;
};

}  // namespace winrmlb::config
