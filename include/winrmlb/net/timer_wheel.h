// TimerWheel: the deadlines of all sessions of one worker, at a cost that does not grow with their number.
//
// One per worker, used on its thread only. Pure: `now` comes from outside. A deadline fires between its time
// and one tick later. Moving one later only writes a number; it is re-filed when its old slot comes round.
#pragma once

#include <array>
#include <cstdint>

#include "winrmlb/core/time.h"
#include "winrmlb/net/wakeup.h"

namespace winrmlb::net {

class TimerWheel;

/// One movable deadline; raises Signal::Deadline on its Wakeup. Removes itself from the wheel when destroyed.
class Deadline {
 public:
  explicit Deadline(Wakeup& wakeup) noexcept : wakeup_(wakeup) {}
  ~Deadline() { clear(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void set(TimerWheel& wheel, TimePoint at) noexcept;
  void clear() noexcept;
  bool is_set() const noexcept { return at_ != TimePoint::max(); }
  TimePoint at() const noexcept { return at_; }

 private:
  friend class TimerWheel;
  void unlink() noexcept;

  Wakeup& wakeup_;
  TimePoint at_ = TimePoint::max();
  TimePoint filed_ = TimePoint::max();  // the time by which the slot was chosen: never later than at_
  TimerWheel* wheel_ = nullptr;
  Deadline* next_ = nullptr;
  Deadline** link_ = nullptr;  // the pointer that points here; null: in no slot
};

class TimerWheel {
 public:
  static constexpr milliseconds kTick{50};

  explicit TimerWheel(TimePoint now) noexcept : start_(now) {}

  /// Fires everything due. Deadlines may be set, cleared and destroyed meanwhile.
  void advance(TimePoint now);
  bool empty() const noexcept { return count_ == 0; }
  /// Until then there is nothing for advance() to do. max(): nothing is set.
  TimePoint next() const noexcept {
    return empty() ? TimePoint::max() : start_ + static_cast<std::int64_t>(next_) * kTick;
  }

 private:
  friend class Deadline;
  static constexpr std::size_t kSlots = 1024;  // one turn is 51.2 s; later ones wait more turns

  std::uint64_t tick_of(TimePoint at) const noexcept;
  void file(Deadline& deadline, std::uint64_t earliest) noexcept;

  std::array<Deadline*, kSlots> slots_{};
  Deadline* due_ = nullptr;  // the slot being worked off
  TimePoint start_;
  std::uint64_t tick_ = 0;  // all before are worked off
  std::uint64_t next_ = 0;  // no slot before this one holds anything
  std::size_t count_ = 0;
};

}  // namespace winrmlb::net
