#include "winrmlb/net/listen.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "winrmlb/net/sockaddr.h"

namespace winrmlb::net {

Descriptor::Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (value_ >= 0) ::close(value_);
    value_ = other.release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

int Descriptor::release() noexcept { return std::exchange(value_, -1); }

namespace {

constexpr int kBacklog = 4096;

enum class Share : bool { No, Yes };

Error refused(const Endpoint& endpoint, int error) {
  if (error == EADDRINUSE) {
    return {ErrorCode::System, Side::Local, "another process already listens on " + endpoint.text()};
  }
  if (error == EACCES) {
    return {ErrorCode::System, Side::Local, "not allowed to listen on " + endpoint.text()};
  }
  return {ErrorCode::System, Side::Local,
          "cannot listen on " + endpoint.text() + ": " + std::strerror(error)};
}

Result<Descriptor> bound_socket(const Endpoint& endpoint, Share share) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) return refused(endpoint, errno);
  const auto set = [&](int level, int name, int value) {
    return ::setsockopt(socket.get(), level, name, &value, sizeof value) == 0;
  };
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (share == Share::Yes && !set(SOL_SOCKET, SO_REUSEPORT, 1)) return refused(endpoint, errno);
  if (family == AF_INET6) set(IPPROTO_IPV6, IPV6_V6ONLY, endpoint.address == IpAddress() ? 0 : 1);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  const SocketAddress address(endpoint);
  if (::bind(socket.get(), address.get(), address.size()) != 0) return refused(endpoint, errno);
  return socket;
}

}  // namespace

Result<ListeningSockets> listen_on(const Endpoint& endpoint, std::size_t count) {
  ListeningSockets result{endpoint, {}};
  {
    // Listening, not only binding: SO_REUSEADDR lets two sockets bind one address as long as neither listens.
    auto trial = bound_socket(endpoint, Share::No);
    if (!trial) return trial.error();
    if (::listen(trial->get(), 1) != 0) return refused(endpoint, errno);
    if (endpoint.port == 0) {
      const auto local = local_endpoint(trial->get());
      if (!local) return refused(endpoint, errno);
      result.bound.port = local->port;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto socket = bound_socket(result.bound, Share::Yes);
    if (!socket) return socket.error();
    if (::listen(socket->get(), kBacklog) != 0) return refused(endpoint, errno);
    result.sockets.push_back(std::move(*socket));
  }
  return result;
}

Result<Accepted> accept_one(int listening_descriptor) {
  SocketAddress from;
  const int descriptor =
      ::accept4(listening_descriptor, from.get(), from.size_in_out(), SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor < 0) {
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ECONNABORTED || error == EINTR) {
      return Error{ErrorCode::Closed, Side::Local, {}};
    }
    const bool exhausted = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    return Error{exhausted ? ErrorCode::Limit : ErrorCode::System, Side::Local, std::strerror(error)};
  }
  return Accepted{descriptor, from.endpoint()};
}

}  // namespace winrmlb::net
