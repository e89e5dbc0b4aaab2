// One connection of a client of the Api; both of admin's servers use it.
//
// Control thread. Bounded: the size of a request, the time it may take, the time an answer may take to be
// taken. A server ends all of its connections when it closes.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include "winrmlb/admin/api.h"
#include "winrmlb/net/asio_tls.h"

namespace winrmlb::admin {

/// How to end each open connection, so that a server that closes leaves none behind.
class OpenConnections {
 public:
  static constexpr std::size_t kMost = 256;
  using Place = std::list<std::function<void()>>::iterator;

  bool full() const noexcept { return ends_.size() >= kMost; }
  Place add(std::function<void()> end) { return ends_.insert(ends_.end(), std::move(end)); }
  void remove(Place place) { ends_.erase(place); }
  void end_all() {
    for (const auto& end : ends_)
      end();
  }

 private:
  std::list<std::function<void()>> ends_;
};

/// What the transport looks at of a request.
struct Presented {
  std::string_view target;
  std::string_view host;
  std::string_view authorization;
};

/// What only the transport knows: who asks. A request that must not even come to the Api is answered instead.
struct Doorman {
  std::function<Caller(const Presented&)> caller;
  std::function<std::optional<ApiAnswer>(const Presented&)> refuse;
};

using StreamSocket = boost::asio::generic::stream_protocol::socket;

/// Requests and their answers, until either side has had enough. `tls` null: plain HTTP. What is lent lives
/// as long as the coroutine.
boost::asio::awaitable<void> serve_http(StreamSocket socket, net::AsioTls* tls, Api& api,
                                        const Doorman& doorman, OpenConnections& open);

}  // namespace winrmlb::admin
