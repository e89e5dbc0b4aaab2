#include "stream.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

namespace winrmlb::perf {

namespace {

Transfer judge_socket(ssize_t returned) {
  if (returned > 0) return {Outcome::Moved, static_cast<std::size_t>(returned)};
  if (returned == 0) return {Outcome::Closed};
  return {errno == EAGAIN || errno == EINTR || errno == ENOTCONN ? Outcome::Again : Outcome::Failed};
}

}  // namespace

void die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, std::strerror(errno));
  ERR_print_errors_fp(stderr);
  std::exit(2);
}

SslContext client_context() {
  SslContext context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) die("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

SslContext server_context(const std::string& certificate, const std::string& key) {
  SslContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!context) die("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) die(certificate.c_str());
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) die(key.c_str());
  return context;
}

Stream::Stream(int fd, SSL* ssl) : fd_(fd), ssl_(ssl) { SSL_set_fd(ssl_, fd_); }

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
    ssl_ = std::exchange(other.ssl_, nullptr);
  }
  return *this;
}

Transfer Stream::judge(int returned) const {
  if (returned > 0) return {Outcome::Moved, static_cast<std::size_t>(returned)};
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {Outcome::Again};
    case SSL_ERROR_ZERO_RETURN:
      return {Outcome::Closed};
    // Before the connection stands, the first write of the handshake finds the socket not connected.
    case SSL_ERROR_SYSCALL:
      return {errno == ENOTCONN ? Outcome::Again : Outcome::Failed};
    default:
      return {Outcome::Failed};
  }
}

Transfer Stream::read(std::span<char> into) {
  if (ssl_ == nullptr) return judge_socket(::recv(fd_, into.data(), into.size(), 0));
  ERR_clear_error();
  return judge(SSL_read(ssl_, into.data(), static_cast<int>(into.size())));
}

Transfer Stream::write(std::span<const char> from) {
  if (ssl_ == nullptr) return judge_socket(::send(fd_, from.data(), from.size(), MSG_NOSIGNAL));
  ERR_clear_error();
  return judge(SSL_write(ssl_, from.data(), static_cast<int>(from.size())));
}

void Stream::close() {
  if (ssl_ != nullptr) {
    // An unannounced end would make OpenSSL forget the session, and there would be nothing to resume.
    if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
    SSL_free(ssl_);
    ssl_ = nullptr;
    ERR_clear_error();
  }
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void watch(int epoll, int fd, void* owner) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = owner;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

}  // namespace winrmlb::perf
