// LineWriter: from any thread to a LineTarget, by way of a bounded queue and a thread of its own (spdlog's).
//
// Owned by a Log or an AccessSink. What finds the queue full is dropped and counted in lines: spdlog could
// drop too, but would count messages, and a message of the access log holds many lines. So admission is
// counted here, and the queue behind it is never full.
//
//   post() ──▶ admitted ──▶ [queue] ──▶ done (written, or lost)        admitted - done <=
//   queue_messages
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "line_target.h"

namespace winrmlb::telemetry {

class LineWriter {
 public:
  LineWriter(std::unique_ptr<LineTarget> target, std::size_t queue_messages);
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// Whole lines, each with its newline. Any thread; never blocks on the target.
  void post(std::string_view text, std::uint64_t lines);
  /// False: the target could not be opened again, and the old one goes on. Does not wait for writes under
  /// way.
  bool reopen();
  /// Waits until all that this thread has posted is written or lost.
  void flush();
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  class Sink;
  struct Queue;

  bool admit() noexcept;

  const std::size_t queue_messages_;
  std::atomic<std::uint64_t> admitted_{0};
  std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> dropped_{0};
  std::shared_ptr<Sink> sink_;
  std::unique_ptr<Queue> queue_;  // last, so that its thread ends before what it uses
};

}  // namespace winrmlb::telemetry
