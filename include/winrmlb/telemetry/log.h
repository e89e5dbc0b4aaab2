// Log: what happened to the balancer, one line per event, for people and for programs.
//
// One per process, owned by app, written from any thread. A line is made on the caller's thread and written
// by a thread of the log's own, so that a slow disk never holds a session up: the queue between them is
// bounded, and what finds it full is dropped and counted. What happened to a request belongs to access_log.h.
//
// The JSON form is one object per line (RFC 8259): time (RFC 3339, UTC), level, message, then the fields of
// the event. A syslog message has the fields as structured data (syslog.h).
//
// The level can change while the process runs: set_level(level_of("debug")), until the next reload sets that
// of the configuration.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "winrmlb/core/time.h"
#include "winrmlb/telemetry/syslog.h"

namespace winrmlb::telemetry {

enum class Level : std::uint8_t { Trace, Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Json, Text };

std::string_view name_of(Level level) noexcept;  // "trace" … "error"
std::optional<Level> level_of(std::string_view name) noexcept;

/// One fact of an event. Keys are lower-case words of ours, literals; values may come from outside: they are
/// escaped.
struct LogField {
  std::string_view key;
  std::variant<std::string, std::int64_t, double, bool> value;
  friend bool operator==(const LogField&, const LogField&) = default;
};

struct LogOptions {
  Level level = Level::Info;
  LogFormat format = LogFormat::Json;
  std::string file;                     // empty or "-": standard output
  std::size_t queue_lines = 1024;       // that wait for a slow disk before lines are dropped
  std::optional<SyslogOptions> syslog;  // instead of the file
  /// Lines that repeat one of so lately are counted instead: "… (repeated)" with their number. Zero: none
  /// are.
  Duration repeats{};
};

class Log {
 public:
  /// Throws std::system_error, naming the file, if it cannot be opened.
  explicit Log(const LogOptions& options);
  ~Log();  // what was written so far reaches the file
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Never blocks on the file. Costs one comparison if `level` is below the log's.
  void write(Level level, std::string_view event_text, std::initializer_list<LogField> fields = {});

  bool writes(Level level) const noexcept;
  Level level() const noexcept;
  void set_level(Level level) noexcept;
  /// Tells of repeats whose time has come; to be called every second or so, else the next line does it.
  void tick();
  /// Opens the file by its name again, after it has been moved away. If that fails the old one goes on, and
  /// an error in it says so.
  bool reopen();
  /// Waits until everything that this thread has written is in the file.
  void flush();
  /// Lines lost to a full queue or a failing disk.
  std::uint64_t dropped() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The line for an event, with its newline. Pure; what Log::write puts into the file.
std::string format_line(LogFormat format, WallTime time, Level level, std::string_view event_text,
                        std::span<const LogField> fields);
inline std::string format_line(LogFormat format, WallTime time, Level level, std::string_view event_text,
                               std::initializer_list<LogField> fields) {
  return format_line(format, time, level, event_text,
                     std::span<const LogField>(fields.begin(), fields.size()));
}
/// The same for a syslog receiver.
std::string format_syslog_line(const SyslogHeader& header, WallTime time, Level level,
                               std::string_view event_text, std::span<const LogField> fields);

/// Lets one event per interval through and counts the others, for what odd clients could repeat for ever. One
/// object per place that logs and per thread.
///
///   if (const auto held_back = odd_tokens_.pass(now)) log.write(Level::Info, "odd token", {{"more", …}});
class RateLimited {
 public:
  explicit constexpr RateLimited(Duration interval) noexcept : interval_(interval) {}
  /// How many were held back since the last one that passed; none: hold this one back too.
  std::optional<std::uint64_t> pass(TimePoint now) noexcept;

 private:
  Duration interval_;
  std::optional<TimePoint> passed_;
  std::uint64_t held_back_ = 0;
};

}  // namespace winrmlb::telemetry
