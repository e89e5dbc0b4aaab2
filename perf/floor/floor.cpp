// winrm-perf-floor: a bare relay, for what any balancer must cost on this machine.
//
// One thread, one epoll, nothing parsed, nothing counted, no deadline: it accepts, connects to the servers in
// turn, and moves bytes both ways. What is left of a balancer's cost when this is subtracted is the
// balancer's own doing; what this costs nobody can save who moves bytes through a socket's calls. An end of
// either side closes both: enough for closed loops, and no more.
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace winrmlb::perf {

namespace {

// The reads of bodies are as large as the largest that are worth it; few answers come near that.
constexpr std::size_t kReadBytes = 256 * 1024;
constexpr int kAcceptedPerTurn = 16;

struct Pair;

/// One connection of a pair.
struct Leg {
  Pair* pair;
  int fd;
  bool readable = false;
  bool writable = false;
  bool end_announced = false;
  std::string unsent;  // to this one
};

/// A client's connection and its server's.
struct Pair {
  Pair(int client_fd, int server_fd) : client{this, client_fd}, server{this, server_fd} {}
  Leg client;
  Leg server;
  bool closed = false;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(2);
}

sockaddr_in address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  sockaddr_in place{};
  place.sin_family = AF_INET;
  if (colon == text.npos || inet_pton(AF_INET, text.substr(0, colon).c_str(), &place.sin_addr) != 1)
    die(text.c_str());
  place.sin_port = htons(static_cast<std::uint16_t>(std::atoi(text.c_str() + colon + 1)));
  return place;
}

class Relay {
 public:
  Relay(const sockaddr_in& listen_on, std::vector<sockaddr_in> servers);
  [[noreturn]] void run();

 private:
  void accept_some();
  void watch(int fd, std::uint32_t events, void* owner);
  void ready(Leg& leg, std::uint32_t events);
  void move(Leg& from, Leg& to);
  bool send(Leg& to, const char* data, std::size_t bytes);
  void close(Pair& pair);

  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  std::vector<sockaddr_in> servers_;
  std::size_t next_server_ = 0;
  std::vector<Pair*> ended_;  // in this turn, which may still have events for them
  std::array<char, kReadBytes> buffer_;
};

Relay::Relay(const sockaddr_in& listen_on, std::vector<sockaddr_in> servers) : servers_(std::move(servers)) {
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&listen_on), sizeof listen_on) != 0) die("bind");
  if (listen(listener_, 4096) != 0) die("listen");
  watch(listener_, EPOLLIN, this);
}

void Relay::watch(int fd, std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

void Relay::accept_some() {
  for (int i = 0; i < kAcceptedPerTurn; ++i) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server < 0) die("socket");
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto& to = servers_[next_server_++ % servers_.size()];
    if (connect(server, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      die("connect");
    auto* pair = new Pair(client, server);
    pair->client.writable = true;
    constexpr std::uint32_t kChanges = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    watch(client, kChanges, &pair->client);
    watch(server, kChanges, &pair->server);
  }
}

void Relay::ready(Leg& leg, std::uint32_t events) {
  auto& pair = *leg.pair;
  if (pair.closed) return;
  auto& other = &leg == &pair.client ? pair.server : pair.client;
  constexpr std::uint32_t kEnd = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (events & kEnd) leg.end_announced = true;
  if (events & (EPOLLIN | kEnd)) leg.readable = true;
  if (events & (EPOLLOUT | kEnd)) leg.writable = true;
  if (leg.readable) move(leg, other);
  if (!pair.closed && leg.writable && (other.readable || !leg.unsent.empty())) move(other, leg);
}

void Relay::move(Leg& from, Leg& to) {
  auto& pair = *from.pair;
  if (!to.unsent.empty() && to.writable) {
    const std::string kept = std::move(to.unsent);
    to.unsent.clear();
    if (!send(to, kept.data(), kept.size())) return close(pair);
  }
  while (from.readable && to.writable && to.unsent.empty()) {
    const auto received = recv(from.fd, buffer_.data(), buffer_.size(), 0);
    if (received < 0 && errno == EAGAIN) {
      from.readable = false;
      return;
    }
    if (received <= 0) return close(pair);
    const auto bytes = static_cast<std::size_t>(received);
    if (bytes < buffer_.size()) from.readable = from.end_announced;
    if (!send(to, buffer_.data(), bytes)) return close(pair);
  }
}

// What does not fit waits. False: the connection is gone.
bool Relay::send(Leg& to, const char* data, std::size_t bytes) {
  const auto sent = ::send(to.fd, data, bytes, MSG_NOSIGNAL);
  if (sent < 0 && errno != EAGAIN) return false;
  const auto done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  if (done == bytes) return true;
  to.writable = false;
  to.unsent.assign(data + done, bytes - done);
  return true;
}

void Relay::close(Pair& pair) {
  pair.closed = true;
  ::close(pair.client.fd);
  ::close(pair.server.fd);
  ended_.push_back(&pair);
}

void Relay::run() {
  std::array<epoll_event, 128> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == this) {
        accept_some();
      } else {
        ready(*static_cast<Leg*>(events[i].data.ptr), events[i].events);
      }
    }
    for (auto* pair : ended_)
      delete pair;
    ended_.clear();
  }
}

}  // namespace

}  // namespace winrmlb::perf

int main(int argc, char** argv) {
  using winrmlb::perf::address_of;
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s ADDRESS:PORT SERVER:PORT...\n", argv[0]);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<sockaddr_in> servers;
  for (int i = 2; i < argc; ++i)
    servers.push_back(address_of(argv[i]));
  const auto relay = std::make_unique<winrmlb::perf::Relay>(address_of(argv[1]), std::move(servers));
  relay->run();
}
