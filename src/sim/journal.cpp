#include "winrmlb/sim/journal.h"

#include <utility>

namespace winrmlb::sim {

std::uint64_t Journal::add(Seen seen) {
  seen.number = next_++;
  entries_.push_back(std::move(seen));
  if (entries_.size() > limit_) entries_.pop_front();
  return next_ - 1;
}

Seen* Journal::find(std::uint64_t number) {
  if (entries_.empty() || number < entries_.front().number || number > entries_.back().number) return nullptr;
  return &entries_[number - entries_.front().number];
}

}  // namespace winrmlb::sim
