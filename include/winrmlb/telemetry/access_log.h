// Access log: one line (JSON, or a syslog message) per exchange, whatever happened to it, and one per session
// when it has ended.
//
// Each worker has an AccessLog of its own, used on the worker's thread only: it formats into a buffer and
// takes no lock per line. Full or old buffers go to the one AccessSink of the process, whose own thread
// writes them. A record has no field that could hold a credential or a body.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"
#include "winrmlb/telemetry/syslog.h"

namespace winrmlb::telemetry {

/// How long the steps of an exchange took, in microseconds.
struct PhaseTimes {
  std::uint64_t read_us = 0;
  std::uint64_t choose_us = 0;
  std::uint64_t connect_us = 0;
  std::uint64_t tls_us = 0;
  std::uint64_t send_us = 0;
  std::uint64_t wait_us = 0;
  std::uint64_t reply_us = 0;
  std::uint64_t total_us = 0;
};

/// What both kinds of lines say. The views must hold during AccessLog::write only. Empty texts are left out.
struct AccessFacts {
  WallTime time;  // when the exchange, or the session, began
  SessionId session;
  std::string_view listener;
  std::string_view pool;
  std::string_view client;  // address and port
  std::string_view server;  // name; of a session, the last one
  std::string_view user;    // if the login names it
  std::string_view scheme;  // of the login
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  bool sealed = false;
  bool bound = false;
};

/// One exchange. A status of 0 is left out, like empty texts.
struct AccessRecord {
  AccessFacts facts;
  std::uint64_t exchange = 0;  // its number in the session, from 1
  std::string_view reason;     // of the choice
  std::string_view method;
  std::string_view path;  // request target
  std::uint16_t status = 0;
  bool own_reply = false;       // the answer was the balancer's
  std::string_view error;       // name_of(ErrorCode)
  std::string_view error_side;  // name_of(Side)
  PhaseTimes phases;
  // Of a message that could be read; all left out otherwise.
  std::string_view action;  // "receive"
  std::string_view shell;   // its id
  std::uint32_t operation_timeout_ms = 0;
  std::uint32_t fault = 0;       // the outermost code of the server's fault
  std::uint16_t sent_again = 0;  // to other servers: hunts, quotas, repeats
};

/// One session, when it has ended.
struct SessionRecord {
  AccessFacts facts;
  std::uint64_t exchanges = 0;
  std::uint64_t shells = 0;      // that it created, as far as could be seen
  std::uint64_t commands = 0;    // likewise
  std::uint64_t longest_us = 0;  // of its exchanges
  std::uint64_t total_us = 0;
  std::string_view end;       // name_of(ErrorCode)
  std::string_view ended_by;  // name_of(Side)
};

struct AccessOptions {
  bool enabled = true;
  std::string file;                     // empty or "-": standard output
  std::size_t queue_buffers = 256;      // that wait for a slow disk before lines are dropped
  std::optional<SyslogOptions> syslog;  // instead of the file
};

/// Where the lines of all workers meet. Any thread.
class AccessSink {
 public:
  /// Throws std::system_error, naming the file, if it is enabled and cannot be opened.
  explicit AccessSink(const AccessOptions& options);
  ~AccessSink();  // what was handed over so far reaches the file
  AccessSink(const AccessSink&) = delete;
  AccessSink& operator=(const AccessSink&) = delete;

  bool enabled() const noexcept { return impl_ != nullptr; }
  /// How lines must begin if they go to a syslog receiver; null: they are JSON.
  const SyslogHeader* syslog() const noexcept;
  /// Whole lines. Never blocks on the file.
  void write(std::string_view text, std::uint64_t lines);
  /// Opens the file by its name again, after it has been moved away; false: that failed, and the old one goes
  /// on.
  bool reopen();
  /// Waits until everything that this thread has handed over is in the file.
  void flush();
  /// Lines lost to a full queue or a failing disk.
  std::uint64_t dropped() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A worker's end. No allocation per line once the buffer has grown.
class AccessLog {
 public:
  static constexpr std::size_t kHandOverBytes = 16 * 1024;
  static constexpr milliseconds kOldest{100};
  /// Texts longer than this are cut: a target or a user can be as long as a client likes.
  static constexpr std::size_t kMostTextBytes = 256;

  explicit AccessLog(AccessSink& sink);

  /// False: writing costs nothing, and neither should making the record.
  bool enabled() const noexcept { return sink_.enabled(); }
  void write(const AccessRecord& record);
  void write(const SessionRecord& record);
  /// There is nothing to hand over.
  bool empty() const noexcept { return buffer_.empty(); }
  /// Hands over what may be older than kOldest; to be called more often than that.
  void flush_if_older(TimePoint now);
  void flush();

 private:
  template <typename Record>
  void write_line(std::string_view message, const Record& record);
  std::string_view time_text(WallTime time);

  AccessSink& sink_;
  std::string buffer_;
  std::uint64_t lines_ = 0;
  TimePoint handed_over_{};
  std::int64_t second_ = INT64_MIN;  // which one time_text_ is of
  std::string time_text_;            // "2026-11-24T08:00:00.123"
};

}  // namespace winrmlb::telemetry
