#include "winrmlb/telemetry/log.h"

#include <atomic>
#include <charconv>
#include <cmath>
#include <mutex>

#include <spdlog/details/os.h>

#include "line_writer.h"
#include "open_target.h"
#include "repeats.h"
#include "time_text.h"
#include "winrmlb/core/text.h"

namespace winrmlb::telemetry {

namespace {

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no word for these
    out += "null";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void append_number(std::string& out, std::int64_t value) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

bool is_bare_word(std::string_view text) noexcept {
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=') return false;
  }
  return !text.empty();
}

enum class Quotes : std::uint8_t { Always, WhereNeeded };

void append_value(std::string& out, const decltype(LogField::value)& value, Quotes quotes) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (quotes == Quotes::WhereNeeded && is_bare_word(*text)) {
      out += *text;
    } else {
      append_quoted(out, *text);
    }
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    append_number(out, *integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    append_number(out, *real);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    out += *truth ? "true" : "false";
  }
}

// For people a message may have several lines, such as a mistake with its place in a file; those after the
// first are set in, so that nothing in them looks like an event of its own.
void append_message(std::string& out, std::string_view text) {
  for (;;) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    for (const char c : line)
      out += (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f ? '?' : c;
    if (end == std::string_view::npos || end + 1 == text.size()) return;
    out += "\n    ";
    text.remove_prefix(end + 1);
  }
}

std::string json_line(WallTime time, Level level, std::string_view event_text,
                      std::span<const LogField> fields) {
  std::string out = "{\"time\":\"";
  const auto at = split(time);
  append_seconds(out, at.seconds, 'T');
  append_milliseconds(out, at.milliseconds);
  out += "Z\",\"level\":\"";
  out += name_of(level);
  out += "\",\"message\":";
  append_quoted(out, event_text);
  for (const auto& field : fields) {
    out += ',';
    append_quoted(out, field.key);
    out += ':';
    append_value(out, field.value, Quotes::Always);
  }
  out += "}\n";
  return out;
}

std::string text_line(WallTime time, Level level, std::string_view event_text,
                      std::span<const LogField> fields) {
  std::string out;
  const auto at = split(time);
  append_seconds(out, at.seconds, ' ');
  append_milliseconds(out, at.milliseconds);
  out += ' ';
  const auto name = name_of(level);
  out += name;
  out.append(7 - name.size(), ' ');  // the longest has five letters
  append_message(out, event_text);
  for (const auto& field : fields) {
    out += ' ';
    out += field.key;
    out += '=';
    append_value(out, field.value, Quotes::WhereNeeded);
  }
  out += '\n';
  return out;
}

Severity severity_of(Level level) noexcept {
  switch (level) {
    case Level::Trace:
    case Level::Debug:
      return Severity::Debug;
    case Level::Info:
      return Severity::Informational;
    case Level::Warn:
      return Severity::Warning;
    case Level::Error:
      return Severity::Error;
  }
  return Severity::Error;
}

}  // namespace

std::string format_syslog_line(const SyslogHeader& header, WallTime time, Level level,
                               std::string_view event_text, std::span<const LogField> fields) {
  constexpr std::size_t kMostValueBytes = 1024;
  std::string when;
  const auto at = split(time);
  append_seconds(when, at.seconds, 'T');
  append_milliseconds(when, at.milliseconds);
  std::string out;
  header.append(out, severity_of(level), when, "event");
  for (const auto& field : fields) {
    std::string value;
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      value = text->substr(0, kMostValueBytes);
    } else {
      append_value(value, field.value, Quotes::WhereNeeded);
    }
    out += ' ';
    out += field.key;
    out += "=\"";
    append_parameter_escaped(out, value);
    out += '"';
  }
  out += "] ";
  append_message_escaped(out, event_text);
  out += '\n';
  return out;
}

std::optional<Level> level_of(std::string_view name) noexcept {
  for (const auto level : {Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error}) {
    if (name_of(level) == name) return level;
  }
  return std::nullopt;
}

std::string_view name_of(Level level) noexcept {
  switch (level) {
    case Level::Trace:
      return "trace";
    case Level::Debug:
      return "debug";
    case Level::Info:
      return "info";
    case Level::Warn:
      return "warn";
    case Level::Error:
      return "error";
  }
  return "error";
}

std::string format_line(LogFormat format, WallTime time, Level level, std::string_view event_text,
                        std::span<const LogField> fields) {
  switch (format) {
    case LogFormat::Json:
      return json_line(time, level, event_text, fields);
    case LogFormat::Text:
      return text_line(time, level, event_text, fields);
  }
  return {};
}

struct Log::Impl {
  explicit Impl(const LogOptions& options)
      : writer(open_target(options.file, options.syslog), options.queue_lines),
        format(options.format),
        level(options.level),
        repeats(options.repeats) {
    if (options.syslog) syslog.emplace(*options.syslog);
  }
  void tell_repeats(WallTime now) {
    for (const auto& line : repeats.due(now))
      put_repeated(line);
  }

  void put_repeated(const Repeats::Line& line) {
    auto fields = line.fields;
    fields.push_back({"repeated", static_cast<std::int64_t>(line.times)});
    put(spdlog::details::os::now(), line.level, line.event_text, fields);
  }

  void put(WallTime time, Level event_level, std::string_view event_text, std::span<const LogField> fields) {
    writer.post(syslog ? format_syslog_line(*syslog, time, event_level, event_text, fields)
                       : format_line(format, time, event_level, event_text, fields),
                1);
  }

  LineWriter writer;
  const LogFormat format;
  std::optional<SyslogHeader> syslog;
  std::atomic<Level> level;
  std::mutex mutex;  // of what follows
  Repeats repeats;
};

Log::Log(const LogOptions& options) : impl_(new Impl(options)) {}

Log::~Log() {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& line : impl_->repeats.rest())
    impl_->put_repeated(line);
}

void Log::write(Level level, std::string_view event_text, std::initializer_list<LogField> fields) {
  if (!writes(level)) return;
  // The library's clock: an event has happened when it is logged, and no decision hangs on it.
  const WallTime time = spdlog::details::os::now();
  const std::span<const LogField> all(fields.begin(), fields.size());
  const std::lock_guard lock(impl_->mutex);
  impl_->tell_repeats(time);
  if (impl_->repeats.pass(time, level, event_text, all)) impl_->put(time, level, event_text, all);
}

void Log::tick() {
  const std::lock_guard lock(impl_->mutex);
  impl_->tell_repeats(spdlog::details::os::now());
}

bool Log::writes(Level level) const noexcept { return level >= impl_->level.load(std::memory_order_relaxed); }

Level Log::level() const noexcept { return impl_->level.load(std::memory_order_relaxed); }

void Log::set_level(Level level) noexcept { impl_->level.store(level, std::memory_order_relaxed); }

bool Log::reopen() {
  if (impl_->writer.reopen()) return true;
  write(Level::Error, "the log file could not be opened again; the old one goes on");
  return false;
}

void Log::flush() { impl_->writer.flush(); }

std::uint64_t Log::dropped() const noexcept { return impl_->writer.dropped(); }

std::optional<std::uint64_t> RateLimited::pass(TimePoint now) noexcept {
  if (passed_ && now - *passed_ < interval_) {
    ++held_back_;
    return std::nullopt;
  }
  passed_ = now;
  return std::exchange(held_back_, 0);
}

}  // namespace winrmlb::telemetry
