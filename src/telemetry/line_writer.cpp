#include "line_writer.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <system_error>
#include <unistd.h>

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

namespace winrmlb::telemetry {

namespace {

constexpr int kNone = -1;

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

// The file's end of the queue. log() runs on the queue's thread only; a descriptor to go on with comes from
// others.
class LineWriter::Sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  Sink(std::string file, std::atomic<std::uint64_t>& done, std::atomic<std::uint64_t>& dropped)
      : file_(std::move(file)),
        is_standard_output_(file_.empty() || file_ == "-"),
        done_(done),
        dropped_(dropped) {
    descriptor_ = is_standard_output_ ? STDOUT_FILENO : open_for_append(file_);
    if (descriptor_ == kNone) throw std::system_error(errno, std::generic_category(), file_);
  }
  ~Sink() override {
    if (const int next = next_.exchange(kNone); next != kNone) ::close(next);
    if (!is_standard_output_) ::close(descriptor_);
  }

  bool reopen() noexcept {
    if (is_standard_output_) return true;
    const int opened = open_for_append(file_);
    if (opened == kNone) return false;
    if (const int unused = next_.exchange(opened); unused != kNone) ::close(unused);
    return true;
  }

  void one_done() noexcept {
    done_.fetch_add(1, std::memory_order_release);
    done_.notify_all();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (const int next = next_.exchange(kNone); next != kNone) {
      ::close(descriptor_);
      descriptor_ = next;
      torn_ = false;
    }
    write({message.payload.data(), message.payload.size()});
    one_done();
  }
  void flush_() override {}

 private:
  void write(std::string_view text) noexcept {
    std::unique_lock<std::mutex> lock;
    if (is_standard_output_) lock = std::unique_lock(standard_output_mutex());
    // A line that the disk had no room for the end of must not swallow the next one.
    if (torn_ && write_all(descriptor_, "\n").empty()) torn_ = false;
    const auto lost = write_all(descriptor_, text);
    if (lost.empty()) return;
    dropped_.fetch_add(static_cast<std::uint64_t>(std::count(lost.begin(), lost.end(), '\n')),
                       std::memory_order_relaxed);
    const bool at_line_start = lost.size() == text.size() || *(lost.data() - 1) == '\n';
    torn_ = torn_ || !at_line_start;
  }

  const std::string file_;
  const bool is_standard_output_;
  std::atomic<std::uint64_t>& done_;
  std::atomic<std::uint64_t>& dropped_;
  int descriptor_ = kNone;
  std::atomic<int> next_{kNone};
  bool torn_ = false;
};

struct LineWriter::Queue {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

LineWriter::LineWriter(const std::string& file, std::size_t queue_messages)
    : queue_messages_(std::max<std::size_t>(1, queue_messages)),
      sink_(std::make_shared<Sink>(file, done_, dropped_)),
      queue_(std::make_unique<Queue>()) {
  // One place more than is ever used: posting never waits.
  queue_->pool = std::make_shared<spdlog::details::thread_pool>(queue_messages_ + 1, 1);
  queue_->logger =
      std::make_shared<spdlog::async_logger>("", sink_, queue_->pool, spdlog::async_overflow_policy::block);
  queue_->logger->set_level(spdlog::level::trace);
  // Out of memory while queueing: the message was admitted and will never be done otherwise.
  queue_->logger->set_error_handler([this](const std::string&) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    sink_->one_done();
  });
}

LineWriter::~LineWriter() = default;

bool LineWriter::admit() noexcept {
  // In this order, so that no more can seem done than was admitted.
  const auto done = done_.load(std::memory_order_acquire);
  auto admitted = admitted_.load(std::memory_order_relaxed);
  do {
    if (admitted - done >= queue_messages_) return false;
  } while (!admitted_.compare_exchange_weak(admitted, admitted + 1, std::memory_order_relaxed));
  return true;
}

void LineWriter::post(std::string_view text, std::uint64_t lines) {
  if (!admit()) {
    dropped_.fetch_add(lines, std::memory_order_relaxed);
    return;
  }
  queue_->logger->log(spdlog::level::info, spdlog::string_view_t(text.data(), text.size()));
}

bool LineWriter::reopen() {
  if (!sink_->reopen()) return false;
  // Nothing to write: wakes the thread, so that the file which has been moved away is closed now, not at the
  // next line.
  post({}, 0);
  return true;
}

void LineWriter::flush() {
  const auto admitted = admitted_.load(std::memory_order_relaxed);
  for (auto done = done_.load(std::memory_order_acquire); done < admitted;
       done = done_.load(std::memory_order_acquire)) {
    done_.wait(done, std::memory_order_acquire);
  }
}

}  // namespace winrmlb::telemetry
