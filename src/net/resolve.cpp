#include "winrmlb/net/resolve.h"

#include <cstring>
#include <netdb.h>

#include "winrmlb/net/sockaddr.h"

namespace winrmlb::net {

Result<std::vector<IpAddress>> resolve(const std::string& host) {
  if (const auto address = IpAddress::parse(host)) return std::vector<IpAddress>{*address};
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return Error{ErrorCode::ConnectFailed, Side::Local, host + ": " + ::gai_strerror(error)};
  }
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
    SocketAddress address;
    std::memcpy(address.get(), entry->ai_addr, entry->ai_addrlen);
    addresses.push_back(address.endpoint().address);
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return Error{ErrorCode::ConnectFailed, Side::Local, host + " has no IP address"};
  return addresses;
}

}  // namespace winrmlb::net
