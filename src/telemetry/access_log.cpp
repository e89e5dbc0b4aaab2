#include "winrmlb/telemetry/access_log.h"

#include <charconv>

#include "line_writer.h"
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

void append_number(std::string& out, std::string_view key, std::uint64_t value) {
  out += key;
  append_number(out, value);
}

void append_if(std::string& out, std::string_view key, std::uint64_t value) {
  if (value != 0) append_number(out, key, value);
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

// `key` is `,"name":"`.
void append_text(std::string& out, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  out += key;
  const auto shown = cut(text);
  if (needs_no_escape(shown)) {
    out += shown;
  } else {
    append_json_escaped(out, shown);
  }
  out += '"';
}

void append_truth(std::string& out, std::string_view key, bool value) {
  out += key;
  out += value ? "true" : "false";
}

void append_phases(std::string& out, const PhaseTimes& phases) {
  append_number(out, ",\"read_us\":", phases.read_us);
  append_number(out, ",\"choose_us\":", phases.choose_us);
  append_number(out, ",\"connect_us\":", phases.connect_us);
  append_number(out, ",\"tls_us\":", phases.tls_us);
  append_number(out, ",\"send_us\":", phases.send_us);
  append_number(out, ",\"wait_us\":", phases.wait_us);
  append_number(out, ",\"reply_us\":", phases.reply_us);
  append_number(out, ",\"total_us\":", phases.total_us);
}

}  // namespace

struct AccessSink::Impl {
  LineWriter writer;
};

AccessSink::AccessSink(const AccessOptions& options)
    : impl_(options.enabled ? new Impl{{options.file, options.queue_buffers}} : nullptr) {}

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

void AccessLog::write(const AccessRecord& record) {
  if (!enabled()) return;
  std::string& out = buffer_;
  begin_line(record.time, "exchange", record.session);
  append_number(out, ",\"exchange\":", record.exchange);
  append_text(out, ",\"listener\":\"", record.listener);
  append_text(out, ",\"pool\":\"", record.pool);
  append_text(out, ",\"client\":\"", record.client);
  append_text(out, ",\"server\":\"", record.server);
  append_text(out, ",\"reason\":\"", record.reason);
  append_text(out, ",\"user\":\"", record.user);
  append_text(out, ",\"scheme\":\"", record.scheme);
  append_text(out, ",\"method\":\"", record.method);
  append_text(out, ",\"path\":\"", record.path);
  if (record.status != 0) append_number(out, ",\"status\":", record.status);
  append_truth(out, ",\"own_reply\":", record.own_reply);
  append_text(out, ",\"error\":\"", record.error);
  append_text(out, ",\"error_side\":\"", record.error_side);
  append_number(out, ",\"request_bytes\":", record.request_bytes);
  append_number(out, ",\"response_bytes\":", record.response_bytes);
  append_phases(out, record.phases);
  append_truth(out, ",\"sealed\":", record.sealed);
  append_truth(out, ",\"bound\":", record.bound);
  append_text(out, ",\"action\":\"", record.action);
  append_text(out, ",\"shell\":\"", record.shell);
  append_if(out, ",\"operation_timeout_ms\":", record.operation_timeout_ms);
  append_if(out, ",\"fault\":", record.fault);
  append_if(out, ",\"sent_again\":", record.sent_again);
  end_line();
}

void AccessLog::write(const SessionRecord& record) {
  if (!enabled()) return;
  std::string& out = buffer_;
  begin_line(record.time, "session", record.session);
  append_text(out, ",\"listener\":\"", record.listener);
  append_text(out, ",\"pool\":\"", record.pool);
  append_text(out, ",\"client\":\"", record.client);
  append_text(out, ",\"server\":\"", record.server);
  append_text(out, ",\"user\":\"", record.user);
  append_text(out, ",\"scheme\":\"", record.scheme);
  append_number(out, ",\"exchanges\":", record.exchanges);
  append_number(out, ",\"shells\":", record.shells);
  append_number(out, ",\"commands\":", record.commands);
  append_number(out, ",\"request_bytes\":", record.request_bytes);
  append_number(out, ",\"response_bytes\":", record.response_bytes);
  append_number(out, ",\"longest_us\":", record.longest_us);
  append_number(out, ",\"total_us\":", record.total_us);
  append_text(out, ",\"end\":\"", record.end);
  append_text(out, ",\"ended_by\":\"", record.ended_by);
  append_truth(out, ",\"sealed\":", record.sealed);
  append_truth(out, ",\"bound\":", record.bound);
  end_line();
}

void AccessLog::begin_line(WallTime time, std::string_view message, SessionId session) {
  buffer_ += "{\"time\":\"";
  append_time(time);
  buffer_ += "Z\",\"message\":\"";
  buffer_ += message;
  buffer_ += "\",\"session\":\"";
  append_number(buffer_, session.value(), 16);
  buffer_ += '"';
}

void AccessLog::end_line() {
  buffer_ += "}\n";
  ++lines_;
  if (buffer_.size() >= kHandOverBytes) flush();
}

// The date is made anew once a second only.
void AccessLog::append_time(WallTime time) {
  const auto at = split(time);
  if (at.seconds != second_) {
    second_ = at.seconds;
    second_text_.clear();
    append_seconds(second_text_, second_, 'T');
  }
  buffer_ += second_text_;
  append_milliseconds(buffer_, at.milliseconds);
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
