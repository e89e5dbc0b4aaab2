#include "winrmlb/app/log_options.h"

namespace winrmlb::app {

namespace {

telemetry::Level level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::Trace:
      return telemetry::Level::Trace;
    case config::LogLevel::Debug:
      return telemetry::Level::Debug;
    case config::LogLevel::Info:
      return telemetry::Level::Info;
    case config::LogLevel::Warn:
      return telemetry::Level::Warn;
    case config::LogLevel::Error:
      return telemetry::Level::Error;
  }
  return telemetry::Level::Info;
}

std::optional<telemetry::SyslogOptions> syslog_options(const config::Syslog& settings) {
  telemetry::SyslogOptions options{.socket = settings.socket, .facility = settings.facility};
  if (settings.address) options.address = *settings.address;
  switch (settings.to) {
    case config::SyslogTo::Local:
      options.transport = telemetry::SyslogTransport::Local;
      break;
    case config::SyslogTo::Udp:
      options.transport = telemetry::SyslogTransport::Udp;
      break;
    case config::SyslogTo::Tcp:
      options.transport = telemetry::SyslogTransport::Tcp;
      break;
  }
  return options;
}

// What a file of that name stands for.
std::optional<telemetry::SyslogOptions> syslog_of(const std::string& file, const config::Log& settings) {
  return file == "syslog" ? syslog_options(settings.syslog) : std::nullopt;
}

}  // namespace

telemetry::LogOptions log_options(const config::Log& settings) {
  return {.level = level_of(settings.level),
          .format = settings.format == config::LogFormat::Json ? telemetry::LogFormat::Json
                                                               : telemetry::LogFormat::Text,
          .file = settings.file,
          .syslog = syslog_of(settings.file, settings),
          .repeats = settings.repeats};
}

telemetry::AccessOptions access_options(const config::Log& settings) {
  const std::string& file = settings.access_file.empty() ? settings.file : settings.access_file;
  return {.enabled = file != "off", .file = file, .syslog = syslog_of(file, settings)};
}

}  // namespace winrmlb::app
