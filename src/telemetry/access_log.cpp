#include "winrmlb/telemetry/access_log.h"

#include <charconv>

#include "access_fields.h"
#include "line_writer.h"
#include "open_target.h"
#include "time_text.h"
#include "winrmlb/core/text.h"

namespace winrmlb::telemetry {

namespace {

constexpr std::size_t kLineBytes = 4096;  // room kept beyond the hand-over mark; lines are some 500 bytes

void append_number(std::string& out, std::uint64_t value, int base = 10) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value, base).ptr;
  out.append(text, end);
}

// Nearly all text is plain ASCII and can be copied as it is.
bool needs_no_escape(std::string_view text) noexcept {
  bool plain = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    plain &= byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
  }
  return plain;
}

// At most kMostTextBytes, not ending within a UTF-8 sequence.
std::string_view cut(std::string_view text) noexcept {
  if (text.size() <= AccessLog::kMostTextBytes) return text;
  std::size_t end = AccessLog::kMostTextBytes;
  for (int i = 0; i < 3 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80; ++i)
    --end;
  return text.substr(0, end);
}

class JsonOut {
 public:
  explicit JsonOut(std::string& out) : out_(out) {}
  void text(const Key& key, std::string_view value) {
    if (value.empty()) return;
    out_ += key.json;
    out_ += '"';
    const auto shown = cut(value);
    if (needs_no_escape(shown)) {
      out_ += shown;
    } else {
      append_json_escaped(out_, shown);
    }
    out_ += '"';
  }
  void number(const Key& key, std::uint64_t value) {
    out_ += key.json;
    append_number(out_, value);
  }
  void number_if(const Key& key, std::uint64_t value) {
    if (value != 0) number(key, value);
  }
  void truth(const Key& key, bool value) {
    out_ += key.json;
    out_ += value ? "true" : "false";
  }

 private:
  std::string& out_;
};

class ParameterOut {
 public:
  explicit ParameterOut(std::string& out) : out_(out) {}
  void text(const Key& key, std::string_view value) {
    if (value.empty()) return;
    out_ += key.parameter;
    append_parameter_escaped(out_, cut(value));
    out_ += '"';
  }
  void number(const Key& key, std::uint64_t value) {
    out_ += key.parameter;
    append_number(out_, value);
    out_ += '"';
  }
  void number_if(const Key& key, std::uint64_t value) {
    if (value != 0) number(key, value);
  }
  void truth(const Key& key, bool value) {
    out_ += key.parameter;
    out_ += value ? "true\"" : "false\"";
  }

 private:
  std::string& out_;
};

}  // namespace

struct AccessSink::Impl {
  explicit Impl(const AccessOptions& options)
      : writer(open_target(options.file, options.syslog), options.queue_buffers) {
    if (options.syslog) syslog.emplace(*options.syslog);
  }
  LineWriter writer;
  std::optional<SyslogHeader> syslog;
};

AccessSink::AccessSink(const AccessOptions& options) : impl_(options.enabled ? new Impl(options) : nullptr) {}

const SyslogHeader* AccessSink::syslog() const noexcept {
  return impl_ && impl_->syslog ? &*impl_->syslog : nullptr;
}

AccessSink::~AccessSink() = default;

void AccessSink::write(std::string_view text, std::uint64_t lines) {
  if (impl_) impl_->writer.post(text, lines);
}

bool AccessSink::reopen() { return !impl_ || impl_->writer.reopen(); }

void AccessSink::flush() {
  if (impl_) impl_->writer.flush();
}

std::uint64_t AccessSink::dropped() const noexcept { return impl_ ? impl_->writer.dropped() : 0; }

AccessLog::AccessLog(AccessSink& sink) : sink_(sink) {
  if (enabled()) buffer_.reserve(kHandOverBytes + kLineBytes);
}

void AccessLog::write(const AccessRecord& record) { write_line("exchange", record); }

void AccessLog::write(const SessionRecord& record) { write_line("session", record); }

template <typename Record>
void AccessLog::write_line(std::string_view message, const Record& record) {
  if (!enabled()) return;
  const auto time = time_text(record.facts.time);
  const auto session = record.facts.session.value();
  if (const auto* syslog = sink_.syslog()) {
    syslog->append(buffer_, Severity::Informational, time, message);
    buffer_ += " session=\"";
    append_number(buffer_, session, 16);
    buffer_ += '"';
    ParameterOut out(buffer_);
    visit(out, record);
    buffer_ += "]\n";
  } else {
    buffer_ += "{\"time\":\"";
    buffer_ += time;
    buffer_ += "Z\",\"message\":\"";
    buffer_ += message;
    buffer_ += "\",\"session\":\"";
    append_number(buffer_, session, 16);
    buffer_ += '"';
    JsonOut out(buffer_);
    visit(out, record);
    buffer_ += "}\n";
  }
  ++lines_;
  if (buffer_.size() >= kHandOverBytes) flush();
}

// The date is made anew once a second only.
std::string_view AccessLog::time_text(WallTime time) {
  constexpr std::size_t kSecondBytes = 19;
  const auto at = split(time);
  if (at.seconds != second_) {
    second_ = at.seconds;
    time_text_.clear();
    append_seconds(time_text_, second_, 'T');
  }
  time_text_.resize(kSecondBytes);
  append_milliseconds(time_text_, at.milliseconds);
  return time_text_;
}

// Whatever is in the buffer came after the last hand-over, so no line can be older than that.
void AccessLog::flush_if_older(TimePoint now) {
  if (now - handed_over_ < kOldest) return;
  handed_over_ = now;
  flush();
}

void AccessLog::flush() {
  if (buffer_.empty()) return;
  sink_.write(buffer_, lines_);
  buffer_.clear();
  lines_ = 0;
}

}  // namespace winrmlb::telemetry
