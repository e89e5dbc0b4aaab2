#include "winrmlb/app/mailbox.h"

#include <sys/eventfd.h>
#include <utility>

#include "winrmlb/core/check.h"

namespace winrmlb::app {

Mailbox::Mailbox(net::Poller& poller) : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  WINRMLB_CHECK(event_ && poller.watch_input(event_.get(), *this) == 0);
}

bool Mailbox::post(Work work) {
  const std::lock_guard guard(lock_);
  if (closed_) return false;
  work_.push_back(std::move(work));
  // The first one wakes the worker; it finds the others too.
  if (work_.size() == 1) (void)::eventfd_write(event_.get(), 1);
  return true;
}

void Mailbox::close() { work_off(Then::Close); }

void Mailbox::ready(std::uint32_t) { work_off(Then::GoOn); }

void Mailbox::work_off(Then then) {
  std::vector<Work> all;
  {
    const std::lock_guard guard(lock_);
    eventfd_t count = 0;
    (void)::eventfd_read(event_.get(), &count);
    all.swap(work_);
    closed_ = then == Then::Close;
  }
  for (const auto& work : all)
    work();
}

}  // namespace winrmlb::app
