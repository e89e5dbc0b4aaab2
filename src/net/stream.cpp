#include "winrmlb/net/stream.h"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "winrmlb/net/sockaddr.h"
#include "winrmlb/net/tls.h"

namespace winrmlb::net {

namespace {

// A dead server must be noticed while it owes an answer, though nothing is sent: keep-alive probes after 30
// s, and unacknowledged data gives up after 20 s.
constexpr int kKeepAliveIdle = 30;
constexpr int kKeepAliveInterval = 10;
constexpr int kKeepAliveCount = 3;
constexpr int kUserTimeoutMs = 20'000;

void set_option(int descriptor, int level, int name, int value) {
  // Best effort: a kernel without one of these still relays.
  (void)::setsockopt(descriptor, level, name, &value, sizeof value);
}

// The same for both socket calls that start, end or refuse: what errno says, as an IoResult.
IoResult failed(int error) { return {IoResult::State::Failed, 0, error}; }

}  // namespace

Stream::Stream(Poller& poller, Wakeup& wakeup) : wakeup_(wakeup), poller_(poller) {}

Stream::~Stream() { close(); }

Status Stream::watch(int descriptor) {
  if (const int error = poller_.watch_changes(descriptor, *this); error != 0) {
    ::close(descriptor);
    return Error{ErrorCode::System, Side::Local,
                 std::string("cannot watch the connection: ") + std::strerror(error)};
  }
  descriptor_ = descriptor;
  readable_ = writable_ = end_announced_ = reset_ = sent_finish_ = false;
  return Done{};
}

// Whether bytes are there already, the first event says: to ask before it would cost a read in vain.
Status Stream::adopt(int descriptor) {
  Status watched = watch(descriptor);
  writable_ = true;
  return watched;
}

IoResult Stream::connect(const Endpoint& to, const std::optional<IpAddress>& source) {
  const int descriptor = ::socket(to.address.is_v4() ? AF_INET : AF_INET6,
                                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (descriptor < 0) return failed(errno);
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdle);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveInterval);
  set_option(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveCount);
  set_option(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  if (source) {
    set_option(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);  // many servers may share one local port
    const SocketAddress from(Endpoint{*source, 0});
    if (::bind(descriptor, from.get(), from.size()) != 0) {
      const int error = errno;
      ::close(descriptor);
      return failed(error);
    }
  }
  const SocketAddress address(to);
  const int result = ::connect(descriptor, address.get(), address.size());
  const int error = errno;
  if (result != 0 && error != EINPROGRESS) {
    ::close(descriptor);
    return failed(error);
  }
  if (auto watched = watch(descriptor); !watched) return failed(EMFILE);
  if (result == 0) {
    writable_ = true;
    return {};
  }
  connecting_ = write_armed_ = true;
  return {IoResult::State::WouldBlock};
}

IoResult Stream::connected() {
  if (!connecting_) return {};
  if (!writable_) {
    write_armed_ = true;
    return {IoResult::State::WouldBlock};
  }
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  connecting_ = false;
  if (error != 0) return failed(error);
  return {};
}

void Stream::start_tls(std::unique_ptr<TlsConnection> tls) {
  tls_ = std::move(tls);
  tls_->attach(*this);
}

IoResult Stream::handshake() { return tls_->handshake(); }

IoResult Stream::read(std::span<char> into) {
  if (!tls_ || (!readable_ && tls_->is_drained())) return read_raw(into);
  return tls_->read(into);
}

bool Stream::awaits_input() noexcept {
  if (tls_ || readable_) return false;
  read_armed_ = true;
  return true;
}

IoResult Stream::write(std::string_view bytes) { return tls_ ? tls_->write(bytes) : write_raw(bytes); }

IoResult Stream::read_raw(std::span<char> into) {
  if (!readable_) {
    read_armed_ = true;
    return {IoResult::State::WouldBlock};
  }
  const auto received = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
  if (received > 0) {
    // A short read means the kernel had no more; the next look waits instead of asking in vain. But not for
    // an end that was announced together with these bytes: it is not announced again.
    if (static_cast<std::size_t>(received) < into.size()) readable_ = end_announced_;
    return {IoResult::State::Ok, static_cast<std::size_t>(received)};
  }
  if (received == 0) return {IoResult::State::End};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    readable_ = false;
    read_armed_ = true;
    return {IoResult::State::WouldBlock};
  }
  return failed(errno);
}

IoResult Stream::write_raw(std::string_view bytes) {
  if (!writable_) {
    write_armed_ = true;
    return {IoResult::State::WouldBlock};
  }
  const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    if (static_cast<std::size_t>(sent) < bytes.size()) writable_ = false;
    return {IoResult::State::Ok, static_cast<std::size_t>(sent)};
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    writable_ = false;
    write_armed_ = true;
    return {IoResult::State::WouldBlock};
  }
  return failed(errno);
}

void Stream::finish_sending() {
  if (descriptor_ < 0 || sent_finish_) return;
  sent_finish_ = true;
  if (tls_) tls_->send_close_notify();
  (void)::shutdown(descriptor_, SHUT_WR);
}

void Stream::close() {
  if (descriptor_ < 0) return;
  if (reset_) {
    const linger now{1, 0};
    (void)::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  } else if (tls_ && !sent_finish_) {
    tls_->send_close_notify();
  }
  poller_.forget(descriptor_, *this);
  ::close(descriptor_);
  descriptor_ = -1;
  read_armed_ = write_armed_ = connecting_ = false;
  tls_.reset();
}

void Stream::ready(std::uint32_t events) {
  constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & kEnd) end_announced_ = true;
  if (events & (EPOLLIN | kEnd)) readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
  const bool awaited = (read_armed_ && readable_) || (write_armed_ && writable_);
  if (readable_) read_armed_ = false;
  if (writable_) write_armed_ = false;
  if (awaited) wakeup_.raise(Signal::Io);
}

}  // namespace winrmlb::net
