#include "file_target.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace winrmlb::telemetry {

namespace {

int open_for_append(const std::string& file) noexcept {
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

// Log and access log may share standard output. A file opened for appending keeps their writes apart; a full
// pipe would not (POSIX write(): beyond PIPE_BUF bytes may be interleaved).
std::mutex& standard_output_mutex() {
  static std::mutex mutex;
  return mutex;
}

// Writes it all; returns what could not be written.
std::string_view write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Standard output may be shared with somebody who made it non-blocking.
      pollfd waited{descriptor, POLLOUT, 0};
      (void)::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  return text;
}

}  // namespace

FileTarget::FileTarget(std::string file)
    : file_(std::move(file)), is_standard_output_(file_.empty() || file_ == "-") {
  descriptor_ = is_standard_output_ ? STDOUT_FILENO : open_for_append(file_);
  if (descriptor_ == kNone) throw std::system_error(errno, std::generic_category(), file_);
}

FileTarget::~FileTarget() {
  if (const int next = next_.exchange(kNone); next != kNone) ::close(next);
  if (!is_standard_output_) ::close(descriptor_);
}

bool FileTarget::reopen() noexcept {
  if (is_standard_output_) return true;
  const int opened = open_for_append(file_);
  if (opened == kNone) return false;
  if (const int unused = next_.exchange(opened); unused != kNone) ::close(unused);
  return true;
}

std::uint64_t FileTarget::write(std::string_view lines) noexcept {
  if (const int next = next_.exchange(kNone); next != kNone) {
    ::close(descriptor_);
    descriptor_ = next;
    torn_ = false;
  }
  std::unique_lock<std::mutex> lock;
  if (is_standard_output_) lock = std::unique_lock(standard_output_mutex());
  // A line that the disk had no room for the end of must not swallow the next one.
  if (torn_ && write_all(descriptor_, "\n").empty()) torn_ = false;
  const auto lost = write_all(descriptor_, lines);
  if (lost.empty()) return 0;
  const bool at_line_start = lost.size() == lines.size() || *(lost.data() - 1) == '\n';
  torn_ = torn_ || !at_line_start;
  return static_cast<std::uint64_t>(std::count(lost.begin(), lost.end(), '\n'));
}

}  // namespace winrmlb::telemetry
