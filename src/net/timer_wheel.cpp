#include "winrmlb/net/timer_wheel.h"

#include <algorithm>

namespace winrmlb::net {

void Deadline::set(TimerWheel& wheel, TimePoint at) noexcept {
  at_ = at;
  if (link_ && filed_ <= at) return;  // its slot comes first, and looks at at_ again
  unlink();
  wheel_ = &wheel;
  wheel.file(*this, wheel.tick_);
}

void Deadline::clear() noexcept {
  at_ = TimePoint::max();
  unlink();
}

void Deadline::unlink() noexcept {
  if (!link_) return;
  *link_ = next_;
  if (next_) next_->link_ = link_;
  next_ = nullptr;
  link_ = nullptr;
  --wheel_->count_;
}

std::uint64_t TimerWheel::tick_of(TimePoint at) const noexcept {
  if (at <= start_) return 0;
  return static_cast<std::uint64_t>((at - start_) / kTick) + 1;  // never early
}

void TimerWheel::file(Deadline& deadline, std::uint64_t earliest) noexcept {
  deadline.filed_ = deadline.at_;
  const auto tick = std::max(tick_of(deadline.at_), earliest);
  next_ = empty() ? tick : std::min(next_, tick);
  Deadline*& slot = slots_[tick % kSlots];
  deadline.next_ = slot;
  deadline.link_ = &slot;
  if (slot) slot->link_ = &deadline.next_;
  slot = &deadline;
  ++count_;
}

void TimerWheel::advance(TimePoint now) {
  const auto last = static_cast<std::uint64_t>(std::max(now - start_, Duration::zero()) / kTick);
  // After a long pause each slot is worth one look, not one per missed turn.
  if (last > tick_ + kSlots) tick_ = last - kSlots;
  for (; tick_ <= last; ++tick_) {
    Deadline*& slot = slots_[tick_ % kSlots];
    due_ = std::exchange(slot, nullptr);
    if (due_) due_->link_ = &due_;
    while (due_) {
      Deadline& deadline = *due_;
      deadline.unlink();
      if (deadline.at_ == TimePoint::max()) continue;
      if (deadline.at_ <= now) {
        deadline.at_ = TimePoint::max();
        deadline.wakeup_.raise(Signal::Deadline);
        continue;
      }
      file(deadline, tick_ + 1);  // moved later, or another turn's
    }
  }
  if (empty()) return;
  for (next_ = tick_; !slots_[next_ % kSlots];)
    ++next_;
}

}  // namespace winrmlb::net
