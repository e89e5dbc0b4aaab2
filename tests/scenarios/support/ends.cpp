#include "scenarios/support/ends.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "winrmlb/core/text.h"
#include "winrmlb/net/sockaddr.h"

namespace winrmlb::scenarios {

namespace {
constexpr std::chrono::milliseconds kPatience{10'000};
}

std::string_view name_of(Ended ended) {
  switch (ended) {
    case Ended::No:
      return "no";
    case Ended::Finished:
      return "finished";
    case Ended::Reset:
      return "reset";
    case Ended::TimedOut:
      return "timed out";
  }
  return "?";
}

std::optional<std::string> Message::field(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    const auto colon = line.find(':');
    if (colon != line.npos && equals_ignoring_case(line.substr(0, colon), name))
      return std::string(trimmed(line.substr(colon + 1)));
  }
  return std::nullopt;
}

End::End(int descriptor, std::mutex* guard) : descriptor_(descriptor), guard_(guard) {
  set_patience(kPatience);
  const int at_once = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
}

End::End(End&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      guard_(other.guard_),
      tls_(std::exchange(other.tls_, nullptr)),
      buffer_(std::move(other.buffer_)),
      received_(other.received_),
      ended_(other.ended_) {}

End::~End() { close(); }

void End::set_patience(std::chrono::milliseconds patience) {
  const timeval time{patience.count() / 1000, (patience.count() % 1000) * 1000};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

bool End::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    if (tls_) {
      if (SSL_write_ex(tls_, bytes.data(), bytes.size(), &sent) != 1) return false;
    } else {
      const auto result = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (result < 0) return false;
      sent = static_cast<std::size_t>(result);
    }
    bytes.remove_prefix(sent);
  }
  return true;
}

bool End::send_some(std::string_view piece, std::size_t& left) {
  const auto sent = ::send(descriptor_, piece.data(), std::min(piece.size(), left), MSG_NOSIGNAL);
  if (sent <= 0) return false;
  left -= static_cast<std::size_t>(sent);
  return true;
}

bool End::fill() {
  if (ended_ == Ended::Finished || ended_ == Ended::Reset) return false;
  char bytes[64 * 1024];
  std::size_t got = 0;
  errno = 0;
  if (tls_) {
    if (SSL_read_ex(tls_, bytes, sizeof bytes, &got) != 1) {
      const int error = SSL_get_error(tls_, 0);
      const bool timed_out = errno == EAGAIN || errno == EWOULDBLOCK;
      ended_ = error == SSL_ERROR_ZERO_RETURN ? Ended::Finished : timed_out ? Ended::TimedOut : Ended::Reset;
      return false;
    }
  } else {
    const auto result = ::recv(descriptor_, bytes, sizeof bytes, 0);
    if (result <= 0) {
      const bool timed_out = errno == EAGAIN || errno == EWOULDBLOCK;
      ended_ = result == 0 ? Ended::Finished : timed_out ? Ended::TimedOut : Ended::Reset;
      return false;
    }
    got = static_cast<std::size_t>(result);
  }
  ended_ = Ended::No;
  received_ += got;
  buffer_.append(bytes, got);
  return true;
}

std::string End::take(std::size_t bytes) {
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, taken.size());
  return taken;
}

std::string End::read_some(std::size_t most) {
  if (buffer_.empty()) fill();
  return take(most);
}

std::string End::read(std::size_t bytes) {
  while (buffer_.size() < bytes && fill()) {
  }
  return take(bytes);
}

std::string End::read_until(std::string_view last) {
  for (std::size_t found = 0;;) {
    found = buffer_.find(last);
    if (found != std::string::npos) return take(found + last.size());
    if (!fill()) return take(buffer_.size());
  }
}

std::string End::read_to_end() {
  while (fill()) {
  }
  return take(buffer_.size());
}

std::size_t End::skip(std::size_t bytes) {
  std::size_t skipped = 0;
  while (skipped < bytes) {
    const auto some = read_some(bytes - skipped);
    if (some.empty()) break;
    skipped += some.size();
  }
  return skipped;
}

bool End::has_byte() const {
  char byte = 0;
  return ::recv(descriptor_, &byte, 1, MSG_PEEK) == 1;
}

Message End::read_request() { return read_message(false, Bodiless::No); }
Message End::read_response(Bodiless bodiless) { return read_message(true, bodiless); }

Message End::read_message(bool response, Bodiless bodiless) {
  Message message;
  message.head = read_until("\r\n\r\n");
  if (!message.head.ends_with("\r\n\r\n")) return message;
  if (response) message.status = static_cast<int>(parse_unsigned(message.head.substr(9, 3)).value_or(0));
  const bool none = response && (message.status < 200 || message.status == 204 || message.status == 304);
  if (none || bodiless == Bodiless::Yes) {
    message.whole = true;
  } else if (message.field("Transfer-Encoding")) {
    read_chunks(message);
  } else if (const auto length = message.field("Content-Length")) {
    const auto bytes = parse_unsigned(*length).value_or(0);
    message.body = message.raw_body = read(bytes);
    message.whole = message.body.size() == bytes;
  } else if (response) {
    message.body = message.raw_body = read_to_end();
    message.whole = ended_ == Ended::Finished;
  } else {
    message.whole = true;
  }
  return message;
}

void End::read_chunks(Message& message) {
  for (;;) {
    const auto line = read_until("\r\n");
    message.raw_body += line;
    if (!line.ends_with("\r\n")) return;
    std::size_t size = 0;
    std::from_chars(line.data(), line.data() + line.size(), size, 16);
    if (size == 0) break;
    const auto data = read(size + 2);
    message.raw_body += data;
    message.body += data.substr(0, size);
    if (data.size() < size + 2) return;
  }
  for (std::string line; line != "\r\n";) {
    line = read_until("\r\n");
    message.raw_body += line;
    if (!line.ends_with("\r\n")) return;
  }
  message.whole = true;
}

void End::finish_sending() {
  if (tls_) (void)SSL_shutdown(tls_);
  ::shutdown(descriptor_, SHUT_WR);
}

void End::close() {
  if (tls_) {
    (void)SSL_shutdown(tls_);
    SSL_free(std::exchange(tls_, nullptr));
  }
  std::unique_lock<std::mutex> lock;
  if (guard_) lock = std::unique_lock(*guard_);
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void End::reset() {
  const linger now{1, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  if (tls_) SSL_free(std::exchange(tls_, nullptr));
  close();
}

bool End::accept_tls(ssl_ctx_st* context) {
  tls_ = SSL_new(context);
  SSL_set_fd(tls_, descriptor_);
  return SSL_accept(tls_) == 1;
}

bool End::connect_tls(ssl_ctx_st* context, const std::string& host) {
  tls_ = SSL_new(context);
  SSL_set_fd(tls_, descriptor_);
  if (!IpAddress::parse(host)) SSL_set_tlsext_host_name(tls_, host.c_str());
  return SSL_connect(tls_) == 1;
}

namespace {

int connected_from(const Endpoint& to, const char* source) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const net::SocketAddress from(Endpoint{*IpAddress::parse(source), 0});
  EXPECT_EQ(::bind(descriptor, from.get(), from.size()), 0);
  const net::SocketAddress address(to);
  EXPECT_EQ(::connect(descriptor, address.get(), address.size()), 0) << to.text();
  return descriptor;
}

}  // namespace

Client::Client(const Endpoint& to, const char* source) : End(connected_from(to, source)) {}

std::optional<Client> Client::try_to_connect(const Endpoint& to, std::chrono::milliseconds within) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval time{within.count() / 1000, (within.count() % 1000) * 1000};
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);  // a connect's, too
  const net::SocketAddress address(to);
  if (::connect(descriptor, address.get(), address.size()) == 0) return Client(descriptor);
  ::close(descriptor);
  return std::nullopt;
}

Message Client::ask(std::string_view request) {
  send(request);
  return read_response();
}

std::string post(std::string_view body, std::string_view fields) {
  return "POST /wsman HTTP/1.1\r\nHost: farm\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string ok(std::string_view body, std::string_view fields) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace winrmlb::scenarios
