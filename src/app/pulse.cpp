#include "winrmlb/app/pulse.h"

#include <utility>

namespace winrmlb::app {

Pulse::Pulse(std::size_t workers, Post post) : post_(std::move(post)), beats_(workers) {}

void Pulse::tick(TimePoint now) {
  for (std::size_t i = 0; i < beats_.size(); ++i) {
    auto& beat = beats_[i];
    const bool owed = beat.answered->load(std::memory_order_relaxed) != beat.sent;
    if (beat.ended || owed || now < beat.sent_at + kEvery) continue;
    ++beat.sent;
    beat.sent_at = now;
    beat.ended = !post_(i, [answered = beat.answered, number = beat.sent] {
      answered->store(number, std::memory_order_relaxed);
    });
  }
}

std::vector<std::size_t> Pulse::stuck(TimePoint now, Duration limit) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < beats_.size(); ++i) {
    const auto& beat = beats_[i];
    const bool owed = beat.answered->load(std::memory_order_relaxed) != beat.sent;
    if (!beat.ended && owed && now - beat.sent_at >= limit) found.push_back(i);
  }
  return found;
}

}  // namespace winrmlb::app
