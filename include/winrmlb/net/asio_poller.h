// AsioPoller: a Poller whose turns an io_context makes, for the thread where signals, admin and timers are
// Asio's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "winrmlb/net/poller.h"

namespace winrmlb::net {

class AsioPoller : public Poller {
 public:
  explicit AsioPoller(boost::asio::io_context& io);
  ~AsioPoller();

  /// Makes no turn any more, so that the io_context may run out of work.
  void stop();

 private:
  void await_turn();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> waited_for_;
};

}  // namespace winrmlb::net
