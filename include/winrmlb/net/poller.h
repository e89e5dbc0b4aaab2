// Poller: tells the sockets of one thread what happens to them.
//
// One per thread, used on that thread only. A socket is registered once, when it is opened, for both
// directions and edge-triggered: each change of its state arrives as an event, and no call is made to wait
// for it. Whoever is told keeps in mind what the last event said (Stream::readable_, writable_). epoll(7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <sys/epoll.h>

#include "winrmlb/core/time.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::net {

/// Whoever is told.
class Polled {
 public:
  /// The EPOLL* bits of its descriptor. It may be gone when this returns.
  virtual void ready(std::uint32_t events) = 0;

 protected:
  ~Polled() = default;
};

class Poller {
 public:
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// `told` hears once of every change: bytes, room to write, an end. What is there already is told too. 0,
  /// or errno.
  int watch_changes(int descriptor, Polled& told);
  /// `told` hears again at every turn for as long as there is something to read. 0, or errno.
  int watch_input(int descriptor, Polled& told);
  /// `told` hears nothing any more, not even what this turn has still to tell. Before the descriptor is
  /// closed.
  void forget(int descriptor, const Polled& told);

  /// One turn: waits for something to tell, no longer than until `until` as seen from `now`, and tells it.
  void turn(TimePoint now, TimePoint until);
  /// When the wait of the last turn ended.
  TimePoint woke() const noexcept { return woke_; }

  /// Readable while there is something to tell, for a loop of another kind to wait for.
  int descriptor() const noexcept { return epoll_.get(); }

 private:
  int watch(int descriptor, std::uint32_t events, Polled& told);

  // So many are told per turn at most, so that deadlines are not kept waiting by a crowd.
  static constexpr std::size_t kBatch = 128;

  Descriptor epoll_;
  TimePoint woke_;
  // What this turn tells: [next_, end_) is still to come.
  std::array<epoll_event, kBatch> events_;
  std::size_t next_ = 0;
  std::size_t end_ = 0;
};

}  // namespace winrmlb::net
