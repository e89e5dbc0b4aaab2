#include "winrmlb/net/resolve.h"

#include <algorithm>
#include <ares.h>
#include <array>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <poll.h>

#include "winrmlb/net/sockaddr.h"

namespace winrmlb::net {

namespace {

constexpr int kTimeout = 2000;  // in milliseconds, of one question to one name server
constexpr int kTries = 2;

Error not_found(const std::string& host, const std::string& why) {
  return {ErrorCode::ConnectFailed, Side::Local, host + ": " + why};
}

void add(std::vector<IpAddress>& addresses, const sockaddr* found, std::size_t bytes) {
  SocketAddress address;
  std::memcpy(address.get(), found, bytes);
  const auto one = address.endpoint().address;
  if (std::find(addresses.begin(), addresses.end(), one) == addresses.end()) addresses.push_back(one);
}

struct Answer {
  Resolved resolved;
  int status = ARES_ENODATA;
};

// c-ares gives what stands in a file a time to live of 0 and what it was asked for by alias that of the
// alias.
void take(void* into, int status, int, ares_addrinfo* found) {
  auto& answer = *static_cast<Answer*>(into);
  answer.status = status;
  if (!found) return;
  const auto note_ttl = [&](int ttl) {
    auto& least = answer.resolved.ttl;
    if (ttl > 0 && ttl < 0x7fffffff) least = std::min(least.value_or(seconds(ttl)), seconds(ttl));
  };
  for (const auto* node = found->nodes; node; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    add(answer.resolved.addresses, node->ai_addr, node->ai_addrlen);
    note_ttl(node->ai_ttl);
  }
  for (const auto* alias = found->cnames; alias; alias = alias->next)
    note_ttl(alias->ttl);
  ares_freeaddrinfo(found);
}

// Until nothing is asked any more.
void run(ares_channel channel) {
  for (;;) {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int busy = ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size()));
    std::vector<pollfd> waited;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const auto bits = static_cast<unsigned>(busy);
      const bool reads = (bits >> i & 1U) != 0;
      const bool writes = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1U) != 0;
      if (!reads && !writes) continue;
      const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
      waited.push_back({sockets[static_cast<std::size_t>(i)], static_cast<short>(events), 0});
    }
    if (waited.empty()) return;
    timeval longest{kTimeout / 1000, 0};
    timeval left{};
    const timeval* due = ares_timeout(channel, &longest, &left);
    const auto wait = static_cast<int>(due->tv_sec * 1000 + due->tv_usec / 1000 + 1);
    if (::poll(waited.data(), waited.size(), wait) <= 0) {
      ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what is late
      continue;
    }
    for (const auto& one : waited) {
      if (one.revents == 0) continue;
      const bool reads = (one.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
      const bool writes = (one.revents & POLLOUT) != 0;
      ares_process_fd(channel, reads ? one.fd : ARES_SOCKET_BAD, writes ? one.fd : ARES_SOCKET_BAD);
    }
  }
}

Result<Resolved> ask_dns(const std::string& host, const std::vector<std::string>& name_servers) {
  static const int ready = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  options.timeout = kTimeout;
  options.tries = kTries;
  ares_channel made = nullptr;
  const int status =
      ready == ARES_SUCCESS ? ares_init_options(&made, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) : ready;
  if (status != ARES_SUCCESS) return not_found(host, ares_strerror(status));
  const std::unique_ptr<std::remove_pointer_t<ares_channel>, decltype(&ares_destroy)> channel(made,
                                                                                              ares_destroy);
  if (!name_servers.empty()) {
    std::string list;
    for (const auto& server : name_servers)
      list += (list.empty() ? "" : ",") + server;
    if (const int set = ares_set_servers_ports_csv(made, list.c_str()); set != ARES_SUCCESS)
      return not_found(host, "the name servers " + list + ": " + ares_strerror(set));
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  Answer answer;
  ares_getaddrinfo(made, host.c_str(), nullptr, &hints, take, &answer);
  run(made);
  if (answer.status != ARES_SUCCESS) return not_found(host, ares_strerror(answer.status));
  if (answer.resolved.addresses.empty()) return not_found(host, "it has no IP address");
  return std::move(answer.resolved);
}

Result<Resolved> ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0)
    return not_found(host, ::gai_strerror(error));
  Resolved resolved;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6)
      add(resolved.addresses, entry->ai_addr, entry->ai_addrlen);
  }
  ::freeaddrinfo(found);
  if (resolved.addresses.empty()) return not_found(host, "it has no IP address");
  return resolved;
}

}  // namespace

Result<Resolved> resolve(const std::string& host, const std::vector<std::string>& name_servers) {
  if (const auto address = IpAddress::parse(host)) return Resolved{{*address}, {}};
  auto answer = ask_dns(host, name_servers);
  if (answer || !name_servers.empty()) return answer;
  auto of_system = ask_system(host);
  return of_system ? std::move(of_system) : std::move(answer);
}

}  // namespace winrmlb::net
