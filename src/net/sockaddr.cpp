#include "winrmlb/net/sockaddr.h"

#include <cstring>
#include <netinet/in.h>

namespace winrmlb::net {

SocketAddress::SocketAddress(const Endpoint& endpoint) noexcept {
  if (endpoint.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage_);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    v4.sin_addr.s_addr = htonl(endpoint.address.v4());
    size_ = sizeof v4;
    return;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage_);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port);
  std::memcpy(&v6.sin6_addr, endpoint.address.bytes().data(), 16);
  size_ = sizeof v6;
}

Endpoint SocketAddress::endpoint() const noexcept {
  if (storage_.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage_);
    return {IpAddress::from_v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage_);
  std::array<std::uint8_t, 16> bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return {IpAddress::from_v6(bytes), ntohs(v6.sin6_port)};
}

std::optional<Endpoint> local_endpoint(int descriptor) noexcept {
  SocketAddress address;
  if (::getsockname(descriptor, address.get(), address.size_in_out()) != 0) return std::nullopt;
  return address.endpoint();
}

}  // namespace winrmlb::net
