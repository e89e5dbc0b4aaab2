// Conversation: one connection of a check to a server, and the HTTP exchanges on it.
//
// Small on purpose: it says one thing at a time, reads an answer of bounded size as a whole, and every
// failure is a Finding. Belongs to one check's coroutine, on the control thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/address.h"
#include "winrmlb/health/evidence.h"
#include "winrmlb/http/head.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/net/stream.h"
#include "winrmlb/net/task.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/net/tls.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::health {

/// Where a check goes.
struct Place {
  Endpoint endpoint;
  std::string host;                            // for the Host field and the certificate
  std::shared_ptr<const net::TlsContext> tls;  // null: plain
  std::optional<IpAddress> source;             // nothing: the system chooses
};

class Conversation {
 public:
  static constexpr std::size_t kMostBytes = 256 * 1024;  // of an answer

  Conversation(net::Poller& poller, net::TimerWheel& wheel) : wheel_(wheel), stream_(poller, wakeup_) {}

  /// All that follows fails with TimedOut from then on.
  void allow_until(TimePoint until) { deadline_.set(wheel_, until); }
  /// A finding of Pass: connected, and secured if the place has TLS.
  net::Task<Finding> open(const Place& place);
  /// A POST and its answer: in status() and body(). `fields` are complete lines.
  net::Task<Finding> ask(const Place& place, std::string_view fields, std::string_view content_type,
                         std::string_view content);
  std::uint16_t status() const noexcept { return status_; }
  const std::string& body() const noexcept { return body_; }
  /// The values of the answer's WWW-Authenticate fields, and of its Content-Type.
  const std::vector<std::string>& challenges() const noexcept { return challenges_; }
  const std::string& content_type() const noexcept { return content_type_; }
  /// Its Date field as it came.
  const std::string& date() const noexcept { return date_; }
  net::TlsConnection* tls() noexcept { return stream_.tls(); }
  bool is_open() const noexcept { return stream_.is_open(); }
  /// Nothing was said: leave no TIME_WAIT behind.
  void reset_on_close() noexcept { stream_.reset_on_close(); }
  void close();

  /// Ends what is under way. The rest of the check runs out quickly.
  void stop() {
    stopping_ = true;
    wakeup_.raise(net::Signal::Stop);
  }
  /// From now on only time ends it: what must be done even then.
  void finish_in_spite_of_stop() noexcept { patient_ = true; }
  /// Sleeps until then, or until wake().
  net::Task<void> pause_until(TimePoint until);
  void wake() {
    woken_ = true;
    wakeup_.raise(net::Signal::Io);
  }
  /// Waits for what is done elsewhere: whoever does it sets `done` and calls nudge(). Pass, or TimedOut.
  net::Task<Finding> wait_for(const bool* done);
  void nudge() { wakeup_.raise(net::Signal::Io); }

 private:
  enum class Waited : std::uint8_t { Again, TooLong };
  net::Task<Waited> wait();
  net::Task<Finding> send(std::string_view bytes);
  net::Task<Finding> receive();
  void note_fields();
  Finding fault_of(const net::IoResult& result, std::string_view when) const;

  net::TimerWheel& wheel_;
  net::Wakeup wakeup_;
  net::Deadline deadline_{wakeup_};
  net::Stream stream_;
  http::Fields fields_;
  std::string received_;
  std::string body_;
  std::vector<std::string> challenges_;
  std::string content_type_;
  std::string date_;
  std::uint16_t status_ = 0;
  bool stopping_ = false;
  bool patient_ = false;
  bool woken_ = false;
};

}  // namespace winrmlb::health
