#include "winrmlb/net/listen.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
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

bool set(int socket, int level, int name, int value) {
  return ::setsockopt(socket, level, name, &value, sizeof value) == 0;
}

// Those that accepted sockets have from their listening one.
void set_inherited_options(int socket) {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

Result<Descriptor> bound_socket(const Endpoint& endpoint, Share share) {
  const int family = endpoint.address.is_v4() ? AF_INET : AF_INET6;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!socket) return refused(endpoint, errno);
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (share == Share::Yes && !set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1)) return refused(endpoint, errno);
  if (family == AF_INET6)
    set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, endpoint.address == IpAddress() ? 0 : 1);
  set_inherited_options(socket.get());
  const SocketAddress address(endpoint);
  if (::bind(socket.get(), address.get(), address.size()) != 0) return refused(endpoint, errno);
  return socket;
}

}  // namespace

Result<ListeningSockets> listen_on(const Endpoint& endpoint, std::size_t count, Beside beside) {
  ListeningSockets result{endpoint, {}};
  if (beside == Beside::Nobody) {
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

Result<Endpoint> adopt_listening(int descriptor) {
  const auto is = [&](int name, int wanted) {
    int value = 0;
    socklen_t length = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 && value == wanted;
  };
  const auto bound = local_endpoint(descriptor);
  if (!bound || !is(SO_TYPE, SOCK_STREAM) || !is(SO_ACCEPTCONN, 1))
    return Error{ErrorCode::System, Side::Local, "it is no listening TCP socket"};
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags < 0 || ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
    return Error{ErrorCode::System, Side::Local, std::strerror(errno)};
  }
  set_inherited_options(descriptor);
  (void)::listen(descriptor, kBacklog);  // systemd's Backlog= may be shorter
  return *bound;
}

Result<Descriptor> duplicate(int descriptor) {
  Descriptor copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (!copy)
    return Error{ErrorCode::Limit, Side::Local, std::string("no descriptors: ") + std::strerror(errno)};
  return copy;
}

// Closing would reset what waits in the queue, and a socket of one address is preferred to one of all. So it
// is bound to an interface that there is not: a new connection comes by none that fits.
void leave_to_others(int listening_descriptor) noexcept {
  constexpr int kNoInterface = 0x7ffffffe;
  (void)::setsockopt(listening_descriptor, SOL_SOCKET, SO_BINDTOIFINDEX, &kNoInterface, sizeof kNoInterface);
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
