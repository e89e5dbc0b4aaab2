#include "winrmlb/net/poller.h"

#include <algorithm>
#include <cerrno>

#include <climits>

#include "winrmlb/core/check.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::net {

namespace {

// Whole milliseconds, rounded up: a turn that ends just before a deadline would be made twice.
int timeout_of(TimePoint now, TimePoint until) {
  if (until == TimePoint::max()) return -1;
  if (until <= now) return 0;
  const auto left = std::chrono::ceil<milliseconds>(until - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, INT_MAX));
}

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), woke_(net::now()) { WINRMLB_CHECK(epoll_); }

int Poller::watch_changes(int descriptor, Polled& told) {
  return watch(descriptor, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, told);
}

int Poller::watch_input(int descriptor, Polled& told) { return watch(descriptor, EPOLLIN, told); }

int Poller::watch(int descriptor, std::uint32_t events, Polled& told) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &told;
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

void Poller::forget(int descriptor, const Polled& told) {
  // Closing alone would leave it registered for as long as another descriptor stands for the same socket.
  (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  for (auto i = next_; i < end_; ++i) {
    if (events_[i].data.ptr == &told) events_[i].data.ptr = nullptr;
  }
}

void Poller::turn(TimePoint now, TimePoint until) {
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(kBatch), timeout_of(now, until));
  woke_ = net::now();
  next_ = 0;
  end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  while (next_ < end_) {
    const auto& event = events_[next_++];
    if (event.data.ptr) static_cast<Polled*>(event.data.ptr)->ready(event.events);
  }
}

}  // namespace winrmlb::net
