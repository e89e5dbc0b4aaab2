#include "line_writer.h"

#include <algorithm>
#include <utility>

#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>

namespace winrmlb::telemetry {

// The target's end of the queue; log() runs on the queue's thread only.
class LineWriter::Sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  Sink(std::unique_ptr<LineTarget> target, std::atomic<std::uint64_t>& done,
       std::atomic<std::uint64_t>& dropped)
      : target_(std::move(target)), done_(done), dropped_(dropped) {}

  bool reopen() noexcept { return target_->reopen(); }
  void one_done() noexcept {
    done_.fetch_add(1, std::memory_order_release);
    done_.notify_all();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto lost = target_->write({message.payload.data(), message.payload.size()});
    if (lost != 0) dropped_.fetch_add(lost, std::memory_order_relaxed);
    one_done();
  }
  void flush_() override {}

 private:
  const std::unique_ptr<LineTarget> target_;
  std::atomic<std::uint64_t>& done_;
  std::atomic<std::uint64_t>& dropped_;
};

struct LineWriter::Queue {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

LineWriter::LineWriter(std::unique_ptr<LineTarget> target, std::size_t queue_messages)
    : queue_messages_(std::max<std::size_t>(1, queue_messages)),
      sink_(std::make_shared<Sink>(std::move(target), done_, dropped_)),
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
  // Nothing to write: wakes the thread, so that a file which has been moved away is closed now, not at the
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
