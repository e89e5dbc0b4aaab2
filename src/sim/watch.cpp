#include "winrmlb/sim/watch.h"

#include <poll.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace winrmlb::sim {

namespace {

namespace asio = boost::asio;
constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);

}  // namespace

asio::awaitable<void> watch(std::shared_ptr<Watch> state, asio::ip::tcp::socket& socket) {
  asio::steady_timer pause(socket.get_executor());
  while (!state->over) {
    const auto [error] = co_await socket.async_wait(asio::ip::tcp::socket::wait_read, kQuietly);
    if (state->over) co_return;
    pollfd descriptor{socket.native_handle(), POLLRDHUP, 0};
    if (error ||
        (::poll(&descriptor, 1, 0) > 0 && (descriptor.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)) {
      state->hangup.gone = true;
      if (state->hangup.wake) state->hangup.wake();
      co_return;
    }
    // Readable, but not gone: the client sent its next request early. Look again now and then.
    pause.expires_after(milliseconds(250));
    co_await pause.async_wait(kQuietly);
  }
}

}  // namespace winrmlb::sim
