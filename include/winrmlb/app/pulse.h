// Pulse: whether every worker's loop still turns.
//
// Owned by Control, on its thread; the answers are written by the workers. Once a second each worker is
// posted a beat, which its loop answers in passing; the next one is sent when the last has been answered. An
// idle worker is woken for it, since one that stands still and one that waits look alike from outside.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "winrmlb/core/time.h"

namespace winrmlb::app {

class Pulse {
 public:
  /// Has `answer` run on the worker's thread; false: the worker has ended.
  using Post = std::function<bool(std::size_t worker, std::function<void()> answer)>;

  Pulse(std::size_t workers, Post post);

  void tick(TimePoint now);
  /// The workers whose beat has been unanswered for `limit` or longer. One that has ended does not count.
  std::vector<std::size_t> stuck(TimePoint now, Duration limit) const;

 private:
  struct Beat {
    // Shared with the answer that is under way, which may run when this is gone.
    std::shared_ptr<std::atomic<std::uint64_t>> answered = std::make_shared<std::atomic<std::uint64_t>>(0);
    std::uint64_t sent = 0;
    TimePoint sent_at{};
    bool ended = false;
  };

  static constexpr seconds kEvery{1};

  Post post_;
  std::vector<Beat> beats_;
};

}  // namespace winrmlb::app
