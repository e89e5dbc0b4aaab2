// The loop in which admin's servers accept, on the control thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "winrmlb/core/time.h"

namespace winrmlb::admin {

constexpr milliseconds kAcceptPause{100};

/// Accepts until the acceptor is closed; `serve` makes the coroutine for a connection. Without descriptors
/// left the queue stays readable, so what fails is tried again after a pause. `pause` lives as long as the
/// acceptor does: when both are destroyed, neither is touched any more.
template <typename Acceptor, typename Serve>
boost::asio::awaitable<void> accept_all(Acceptor& acceptor, boost::asio::steady_timer& pause, Serve serve) {
  namespace asio = boost::asio;
  for (;;) {
    boost::system::error_code error;
    auto socket = co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (!error) {
      asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
      continue;
    }
    pause.expires_after(kAcceptPause);
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) co_return;
  }
}

}  // namespace winrmlb::admin
