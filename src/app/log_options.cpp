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

}  // namespace

telemetry::LogOptions log_options(const config::Log& settings) {
  return {.level = level_of(settings.level),
          .format = settings.format == config::LogFormat::Json ? telemetry::LogFormat::Json
                                                               : telemetry::LogFormat::Text,
          .file = settings.file};
}

telemetry::AccessOptions access_options(const config::Log& settings) {
  return {.enabled = settings.access_file != "off",
          .file = settings.access_file.empty() ? settings.file : settings.access_file};
}

}  // namespace winrmlb::app
