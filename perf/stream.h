// A non-blocking connection of the load driver and of its server, plain or TLS 1.3.
//
// Owned by one session in one thread. Registered edge-triggered for both directions, so that no call is spent
// on changing what is waited for. The TLS handshake happens inside the first read or write.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <openssl/ssl.h>

namespace winrmlb::perf {

enum class Outcome { Moved, Again, Closed, Failed };

struct Transfer {
  Outcome outcome;
  std::size_t bytes = 0;
};

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

/// The driver's side: verifies nothing (its cost is nobody's concern here), speaks TLS 1.3 only.
SslContext client_context();

/// The server's side: one certificate, stateless tickets.
SslContext server_context(const std::string& certificate, const std::string& key);

class Stream {
 public:
  Stream() = default;
  explicit Stream(int fd) : fd_(fd) {}
  Stream(int fd, SSL* ssl);
  Stream(Stream&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}
  Stream& operator=(Stream&& other) noexcept;
  ~Stream() { close(); }

  Transfer read(std::span<char> into);
  Transfer write(std::span<const char> from);
  void close();

  int fd() const { return fd_; }
  SSL* ssl() const { return ssl_; }

 private:
  Transfer judge(int returned) const;

  int fd_ = -1;
  SSL* ssl_ = nullptr;
};

/// Adds `fd` to `epoll`, edge-triggered in both directions, with `owner` as what the event brings back.
void watch(int epoll, int fd, void* owner);

/// Prints what failed, with errno's text, and ends the program: nothing that is measured survives a broken
/// set-up.
[[noreturn]] void die(const char* what);

}  // namespace winrmlb::perf
