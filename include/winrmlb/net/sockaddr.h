// Between Endpoint and the kernel's socket addresses.
#pragma once

#include <optional>
#include <sys/socket.h>

#include "winrmlb/core/address.h"

namespace winrmlb::net {

class SocketAddress {
 public:
  SocketAddress() = default;
  explicit SocketAddress(const Endpoint& endpoint) noexcept;

  sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const noexcept { return size_; }
  socklen_t* size_in_out() noexcept { return &size_; }
  /// IPv4-mapped addresses come out as IPv4.
  Endpoint endpoint() const noexcept;

 private:
  sockaddr_storage storage_{};
  socklen_t size_ = sizeof(sockaddr_storage);
};

/// What the socket is bound to.
std::optional<Endpoint> local_endpoint(int descriptor) noexcept;

}  // namespace winrmlb::net
