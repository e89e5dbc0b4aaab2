// Notices, beside a long poll, that the client has left, as http.sys does: the poll ends and its output is
// kept.
//
// Owns nothing of the connection: the state is shared, and the socket is touched only while it says that the
// connection still stands.
#pragma once

#include <memory>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "winrmlb/sim/service.h"

namespace winrmlb::sim {

struct Watch {
  Hangup hangup;
  bool over = false;  // set by the connection when the wait has ended
};

boost::asio::awaitable<void> watch(std::shared_ptr<Watch> state, boost::asio::ip::tcp::socket& socket);

}  // namespace winrmlb::sim
