#include "syslog_target.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <spdlog/details/os.h>

namespace winrmlb::telemetry {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

Address address_of(const SyslogOptions& options) {
  Address address;
  if (options.transport == SyslogTransport::Local) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, options.socket.data(),
                std::min(options.socket.size(), sizeof local.sun_path - 1));
    std::memcpy(&address.storage, &local, sizeof local);
    address.size = sizeof local;
  } else if (options.address.address.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(options.address.port);
    four.sin_addr.s_addr = htonl(options.address.address.v4());
    std::memcpy(&address.storage, &four, sizeof four);
    address.size = sizeof four;
  } else {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(options.address.port);
    std::memcpy(&six.sin6_addr, options.address.address.bytes().data(), sizeof six.sin6_addr);
    std::memcpy(&address.storage, &six, sizeof six);
    address.size = sizeof six;
  }
  return address;
}

// The socket is not ready: waits until it is, or patience ends.
bool await_writable(int socket) noexcept {
  pollfd waited{socket, POLLOUT, 0};
  int ready = 0;
  do {
    ready = ::poll(&waited, 1, static_cast<int>(SyslogTarget::kPatience.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

// What a connect under way came to.
bool await_connected(int socket) noexcept {
  if (!await_writable(socket)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

}  // namespace

void SyslogTarget::close() noexcept {
  if (socket_ != -1) ::close(socket_);
  socket_ = -1;
}

bool SyslogTarget::connect() {
  const auto address = address_of(options_);
  const int kind = options_.transport == SyslogTransport::Tcp ? SOCK_STREAM : SOCK_DGRAM;
  socket_ = ::socket(address.storage.ss_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ == -1) return false;
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (::connect(socket_, to, address.size) == 0) return true;
  if (errno == EINPROGRESS && await_connected(socket_)) return true;
  close();
  return false;
}

// A stream whose receiver has gone would still take the first message, and lose it.
bool SyslogTarget::is_connected() {
  if (begin_anew_.exchange(false)) {
    close();
    failed_.reset();
  }
  if (socket_ != -1 && options_.transport == SyslogTransport::Tcp) {
    char byte = 0;
    const auto read = ::recv(socket_, &byte, 1, MSG_DONTWAIT);
    if (read == 0 || (read < 0 && errno != EAGAIN && errno != EINTR)) close();
  }
  if (socket_ != -1) return true;
  const WallTime now = spdlog::details::os::now();
  if (failed_ && now >= *failed_ && now - *failed_ < kPause) return false;
  if (connect()) {
    failed_.reset();
    return true;
  }
  failed_ = now;
  return false;
}

SyslogTarget::Sent SyslogTarget::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      if (!await_writable(socket_)) return Sent::No;
    } else if (errno != EINTR) {
      return Sent::No;
    }
  }
  return Sent::Yes;
}

SyslogTarget::Sent SyslogTarget::send_message(std::string_view message) {
  if (options_.transport != SyslogTransport::Tcp) return send_all(message.substr(0, kMostDatagramBytes));
  frame_ = std::to_string(message.size());
  frame_ += ' ';
  frame_ += message;
  return send_all(frame_);
}

std::uint64_t SyslogTarget::write(std::string_view lines) noexcept {
  std::uint64_t lost = 0;
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size() - 1);
    const auto message = lines.substr(0, end);
    lines.remove_prefix(end + 1);
    bool sent = is_connected() && send_message(message) == Sent::Yes;
    if (!sent && socket_ != -1) {
      // The receiver was there once: it may have restarted.
      close();
      sent = is_connected() && send_message(message) == Sent::Yes;
      if (!sent && socket_ != -1) {
        close();
        failed_ = spdlog::details::os::now();
      }
    }
    if (!sent) ++lost;
  }
  return lost;
}

}  // namespace winrmlb::telemetry
