#include "winrmlb/telemetry/log.h"

#include <atomic>
#include <charconv>
#include <cmath>

#include <spdlog/details/os.h>

#include "line_writer.h"
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
                      std::initializer_list<LogField> fields) {
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
                      std::initializer_list<LogField> fields) {
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

}  // namespace

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
                        std::initializer_list<LogField> fields) {
  switch (format) {
    case LogFormat::Json:
      return json_line(time, level, event_text, fields);
    case LogFormat::Text:
      return text_line(time, level, event_text, fields);
  }
  return {};
}

struct Log::Impl {
  LineWriter writer;
  const LogFormat format;
  std::atomic<Level> level;
};

Log::Log(const LogOptions& options)
    : impl_(new Impl{{options.file, options.queue_lines}, options.format, options.level}) {}

Log::~Log() = default;

void Log::write(Level level, std::string_view event_text, std::initializer_list<LogField> fields) {
  if (!writes(level)) return;
  // The library's clock: an event has happened when it is logged, and no decision hangs on it.
  const WallTime time = spdlog::details::os::now();
  impl_->writer.post(format_line(impl_->format, time, level, event_text, fields), 1);
}

bool Log::writes(Level level) const noexcept { return level >= impl_->level.load(std::memory_order_relaxed); }

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
