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

void Journal::note_executed(const Seen& seen) {
  const auto next = executed_dropped_ + executed_.size();
  const auto [known, fresh] = executed_at_.emplace(seen.message_id, next);
  if (!fresh) {
    executed_[known->second - executed_dropped_].connections.push_back(seen.connection);
    return;
  }
  executed_.push_back(
      {seen.message_id, seen.operation, seen.shell_id, seen.command_id, seen.user, {seen.connection}});
  if (executed_.size() <= limit_) return;
  executed_at_.erase(executed_.front().message_id);
  executed_.pop_front();
  ++executed_dropped_;
}

void Journal::clear_executed() {
  executed_.clear();
  executed_at_.clear();
  executed_dropped_ = 0;
}

}  // namespace winrmlb::sim
