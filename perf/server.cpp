// winrm-perf-server: the cheapest possible server behind a balancer that is being measured.
//
// One thread, one epoll, answers made at start-up. It answers by the query of the target: nothing (1 KB),
// `bulk` (500 KB), `hold` (never). `GET /held` says how many requests it is holding. Listens on the given
// addresses, each on a plain and, with a certificate, on a TLS port of the kernel's choice, and prints them
// as one line of JSON.
#include <arpa/inet.h>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "message.h"
#include "stream.h"

namespace winrmlb::perf {

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

// What an epoll event leads back to.
struct Source {
  bool listens = false;
};

struct Listener : Source {
  int fd = -1;
  bool tls = false;
};

struct Connection : Source {
  Stream stream;
  MessageReader reader;
  std::string_view out;  // looks at an answer of the server, or at `own`
  std::string own;
  bool holding = false;
};

class Server {
 public:
  Server(SslContext tls) : tls_(std::move(tls)) {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) die("epoll_create1");
  }

  std::uint16_t listen(const char* address, bool tls);
  [[noreturn]] void run();
  bool has_tls() const { return tls_ != nullptr; }

 private:
  void accept_all(const Listener& listener);
  void serve(Connection& connection);
  bool flush(Connection& connection);
  void answer(Connection& connection);
  void end(Connection& connection);

  int epoll_;
  SslContext tls_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::size_t held_ = 0;
  std::string small_ = receive_response(Ask::Small);
  std::string bulk_ = receive_response(Ask::Bulk);
  std::array<char, kReadBytes> buffer_;
};

std::uint16_t Server::listen(const char* address, bool tls) {
  auto listener = std::make_unique<Listener>();
  listener->listens = true;
  listener->tls = tls;
  listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  if (inet_pton(AF_INET, address, &place.sin_addr) != 1) die(address);
  socklen_t length = sizeof place;
  if (bind(listener->fd, reinterpret_cast<sockaddr*>(&place), length) != 0) die("bind");
  if (::listen(listener->fd, 4096) != 0) die("listen");
  if (getsockname(listener->fd, reinterpret_cast<sockaddr*>(&place), &length) != 0) die("getsockname");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = listener.get();
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, listener->fd, &event) != 0) die("epoll_ctl");
  listeners_.push_back(std::move(listener));
  return ntohs(place.sin_port);
}

void Server::accept_all(const Listener& listener) {
  for (;;) {
    const int fd = accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    if (listener.tls) {
      SSL* ssl = SSL_new(tls_.get());
      SSL_set_accept_state(ssl);
      connection->stream = Stream(fd, ssl);
    } else {
      connection->stream = Stream(fd);
    }
    // From here on the connection belongs to its epoll registration, and end() deletes it.
    watch(epoll_, fd, static_cast<Source*>(connection.release()));
  }
}

void Server::end(Connection& connection) {
  if (connection.holding) --held_;
  delete &connection;
}

// True once nothing is left to send.
bool Server::flush(Connection& connection) {
  while (!connection.out.empty()) {
    const auto moved = connection.stream.write(connection.out);
    if (moved.outcome != Outcome::Moved) return false;
    connection.out.remove_prefix(moved.bytes);
  }
  return true;
}

void Server::answer(Connection& connection) {
  const auto line = connection.reader.start_line();
  if (line.starts_with("GET /held")) {
    const auto count = std::to_string(held_);
    connection.own =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(count.size()) + "\r\n\r\n" + count;
    connection.out = connection.own;
  } else if (line.find("?hold") != std::string_view::npos) {
    connection.holding = true;
    ++held_;
  } else {
    connection.out = line.find("?bulk") != std::string_view::npos ? bulk_ : small_;
  }
}

void Server::serve(Connection& connection) {
  while (flush(connection)) {
    const auto moved = connection.stream.read(buffer_);
    if (moved.outcome == Outcome::Again) return;
    if (moved.outcome != Outcome::Moved || connection.holding) return end(connection);
    switch (connection.reader.feed({buffer_.data(), moved.bytes})) {
      case MessageReader::Progress::Bad:
        return end(connection);
      case MessageReader::Progress::More:
        break;
      case MessageReader::Progress::Complete:
        answer(connection);
        // The next request comes after this answer: without TLS, asking for it now would be a call for
        // nothing.
        if (connection.stream.ssl() == nullptr && flush(connection)) return;
    }
  }
}

void Server::run() {
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto* source = static_cast<Source*>(events[i].data.ptr);
      if (source->listens) {
        accept_all(*static_cast<Listener*>(source));
      } else {
        auto& connection = *static_cast<Connection*>(source);
        if (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
          end(connection);
        } else {
          serve(connection);
        }
      }
    }
  }
}

}  // namespace

}  // namespace winrmlb::perf

int main(int argc, char** argv) {
  using namespace winrmlb::perf;
  std::signal(SIGPIPE, SIG_IGN);
  std::string certificate;
  std::string key;
  std::vector<const char*> addresses;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--certificate" && i + 1 < argc) {
      certificate = argv[++i];
    } else if (word == "--key" && i + 1 < argc) {
      key = argv[++i];
    } else if (!word.starts_with("-")) {
      addresses.push_back(argv[i]);
    } else {
      std::fprintf(stderr, "usage: winrm-perf-server [--certificate PEM --key PEM] ADDRESS...\n");
      return 2;
    }
  }
  if (addresses.empty()) addresses.push_back("127.0.0.1");
  Server server(certificate.empty() ? SslContext(nullptr, &SSL_CTX_free) : server_context(certificate, key));
  std::string line = "[";
  for (const char* address : addresses) {
    if (line.size() > 1) line += ", ";
    line.append("{\"host\": \"").append(address).append("\", \"port\": ");
    line += std::to_string(server.listen(address, false));
    if (server.has_tls()) line += ", \"tls_port\": " + std::to_string(server.listen(address, true));
    line += "}";
  }
  std::puts((line + "]").c_str());
  std::fflush(stdout);
  server.run();
}
