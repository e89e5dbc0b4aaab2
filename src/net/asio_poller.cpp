#include "winrmlb/net/asio_poller.h"

namespace winrmlb::net {

AsioPoller::AsioPoller(boost::asio::io_context& io) : waited_for_(io.get_executor(), descriptor()) {
  await_turn();
}

AsioPoller::~AsioPoller() { stop(); }

void AsioPoller::stop() {
  if (waited_for_.is_open()) waited_for_.release();  // the Poller closes it
}

void AsioPoller::await_turn() {
  waited_for_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                         [this](const boost::system::error_code& error) {
                           if (error) return;
                           turn({}, {});
                           if (waited_for_.is_open()) await_turn();
                         });
}

}  // namespace winrmlb::net
