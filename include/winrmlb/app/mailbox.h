// Mailbox: work that other threads want done on a worker's thread.
//
// Owned by the worker. post() is for any thread; what it brings is done on the worker's, in the order of
// posting, at the next turn of its Poller. It is done or refused, never forgotten.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "winrmlb/net/listen.h"
#include "winrmlb/net/poller.h"

namespace winrmlb::app {

class Mailbox final : private net::Polled {
 public:
  using Work = std::function<void()>;

  explicit Mailbox(net::Poller& poller);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// False: closed, and the work will not be done.
  bool post(Work work);
  /// Does what has been posted, and takes nothing any more. On the worker's thread.
  void close();

 private:
  void ready(std::uint32_t events) override;
  enum class Then : bool { GoOn, Close };
  void work_off(Then then);

  net::Descriptor event_;  // eventfd: readable while there is work
  std::mutex lock_;
  std::vector<Work> work_;
  bool closed_ = false;
};

}  // namespace winrmlb::app
