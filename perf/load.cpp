// winrm-load: asks the same exchange of a balancer over and over, and says how it went, in one line of JSON.
//
// One thread, one epoll, a closed loop: every connection has one exchange outstanding. The window is ended by
// the clock or by a count; the CPU time of the balancer is read here, at the very ends of the window.
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <netinet/tcp.h>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "histogram.h"
#include "message.h"
#include "options.h"
#include "stream.h"

namespace winrmlb::perf {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr unsigned kIdleOpening = 128;  // idle connections that may be on their way at once

// CPU time of all threads of a process, exact to the nanosecond where /proc/PID/stat counts in ticks of 10
// ms.
std::uint64_t cpu_nanoseconds(int process) {
  std::uint64_t sum = 0;
  std::error_code gone;
  for (const auto& thread :
       std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task", gone)) {
    std::uint64_t used = 0;
    std::ifstream(thread.path() / "schedstat") >> used;
    sum += used;
  }
  return sum;
}

struct Session {
  unsigned number = 0;
  Stream stream;
  MessageReader reader;
  std::string request;   // as sent last; made anew only when it changes
  std::string_view out;  // what is left of it to send
  Clock::time_point began;
  bool asked = false;    // an exchange is under way
  bool waiting = false;  // Idle: its poll is out
  std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)> ticket{nullptr, &SSL_SESSION_free};
};

int keep_ticket(SSL* ssl, SSL_SESSION* ticket) {
  static_cast<Session*>(SSL_get_app_data(ssl))->ticket.reset(ticket);
  return 1;
}

// Each client polls a shell of its own, by messages of its own.
std::string of_its_own_shell(std::string request, std::size_t client) {
  constexpr std::size_t kDigits = 8;  // of an id, its first ones
  for (const std::string_view before : {"<a:MessageID>uuid:", "Name=\"ShellId\">"}) {
    const auto at = request.find(before) + before.size();
    for (std::size_t i = 0; i < kDigits; ++i)
      request[at + kDigits - 1 - i] = "0123456789ABCDEF"[client >> 4 * i & 15];
  }
  return request;
}

class Driver {
 public:
  explicit Driver(const Options& options);
  int run();

 private:
  void connect(Session& session);
  void ask(Session& session);
  void pump(Session& session);
  bool send(Session& session);
  void finish(Session& session);
  void fail(Session& session);
  void wait_events(int timeout);
  void start_window();
  void report() const;
  int hold();
  bool enough() const { return options_.requests > 0 && issued_ >= options_.requests; }

  const Options options_;
  const std::string request_ = receive_request(options_.mode == Mode::Bulk ? Ask::Bulk : Ask::Small);
  const std::string hold_request_ = receive_request(Ask::Hold);
  SslContext tls_;
  int epoll_;
  std::vector<Session> sessions_;
  std::vector<char> buffer_;
  Histogram latencies_;
  Clock::time_point now_;
  Clock::time_point window_began_;
  std::uint64_t issued_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t answer_bytes_ = 0;
  std::uint64_t resumed_ = 0;
  std::uint64_t cpu_before_ = 0;
  unsigned waiting_ = 0;
};

Driver::Driver(const Options& options)
    : options_(options),
      tls_(options.tls ? client_context() : SslContext(nullptr, &SSL_CTX_free)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      sessions_(options.connections),
      buffer_(kReadBytes) {
  if (epoll_ < 0) die("epoll_create1");
  if (tls_ && options_.resume == Resume::Yes) {
    SSL_CTX_set_session_cache_mode(tls_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls_.get(), keep_ticket);
  }
  for (unsigned i = 0; i < sessions_.size(); ++i)
    sessions_[i].number = i;
}

void Driver::connect(Session& session) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // The port is chosen at connect, by all four parts of the address; chosen at bind, the ports run out.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  const unsigned source = session.number % options_.sources;
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(0x7f010000u + source / 250 * 256 + source % 250 + 1);
  if (bind(fd, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) die("bind");
  const auto* to = reinterpret_cast<const sockaddr*>(&options_.target);
  if (::connect(fd, to, sizeof options_.target) != 0 && errno != EINPROGRESS) die("connect");
  if (tls_) {
    SSL* ssl = SSL_new(tls_.get());
    SSL_set_connect_state(ssl);
    SSL_set_app_data(ssl, &session);
    if (session.ticket) SSL_set_session(ssl, session.ticket.get());
    session.stream = Stream(fd, ssl);
  } else {
    session.stream = Stream(fd);
  }
  session.reader.reset();
  watch(epoll_, fd, &session);
}

void Driver::ask(Session& session) {
  if (enough()) return;
  ++issued_;
  session.began = now_;
  session.asked = true;
  if (session.stream.fd() < 0) connect(session);
  if (session.request.empty())
    session.request = of_its_own_shell(request_, static_cast<std::size_t>(&session - sessions_.data()));
  session.out = session.request;
}

// True once nothing is left to send.
bool Driver::send(Session& session) {
  while (!session.out.empty()) {
    const auto moved = session.stream.write(session.out);
    if (moved.outcome == Outcome::Again) return false;
    if (moved.outcome != Outcome::Moved) {
      fail(session);
      return false;
    }
    session.out.remove_prefix(moved.bytes);
  }
  return true;
}

void Driver::pump(Session& session) {
  if (!send(session)) return;
  while (session.asked) {
    const auto moved = session.stream.read(buffer_);
    if (moved.outcome == Outcome::Again) return;
    if (moved.outcome != Outcome::Moved) return fail(session);
    answer_bytes_ += moved.bytes;
    switch (session.reader.feed({buffer_.data(), moved.bytes})) {
      case MessageReader::Progress::Bad:
        return fail(session);
      case MessageReader::Progress::More:
        break;
      case MessageReader::Progress::Complete:
        return finish(session);
    }
  }
}

void Driver::finish(Session& session) {
  session.asked = false;
  const auto line = session.reader.start_line();
  if (!line.starts_with("HTTP/1.1 200")) {
    if (errors_ == 0) std::fprintf(stderr, "answered: %.*s\n", static_cast<int>(line.size()), line.data());
    return fail(session);
  }
  latencies_.record(static_cast<std::uint64_t>((now_ - session.began).count()));
  if (session.stream.ssl() != nullptr && SSL_session_reused(session.stream.ssl()) == 1) ++resumed_;
  if (options_.mode == Mode::Idle) {
    session.waiting = true;
    session.request = of_its_own_shell(hold_request_, static_cast<std::size_t>(&session - sessions_.data()));
    session.out = session.request;
    ++waiting_;
  } else {
    if (options_.mode == Mode::Connect) session.stream.close();
    ask(session);
  }
  send(session);
}

void Driver::fail(Session& session) {
  ++errors_;
  session.stream.close();
  session.asked = false;
  session.out = {};
  if (session.waiting) {
    session.waiting = false;
    --waiting_;
  }
  if (errors_ > 1000 + 10 * options_.connections) {
    std::fprintf(stderr, "%llu errors: giving up\n", static_cast<unsigned long long>(errors_));
    std::exit(1);
  }
  if (options_.mode != Mode::Idle) ask(session);
}

void Driver::wait_events(int timeout) {
  std::array<epoll_event, 256> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
  now_ = Clock::now();
  for (int i = 0; i < count; ++i) {
    auto& session = *static_cast<Session*>(events[i].data.ptr);
    if (session.waiting && (events[i].events & EPOLLIN)) {
      fail(session);  // answered or closed: either way it does not wait any more
    } else {
      pump(session);
    }
  }
}

void Driver::start_window() {
  latencies_.clear();
  errors_ = answer_bytes_ = resumed_ = 0;
  if (options_.watched > 0) cpu_before_ = cpu_nanoseconds(options_.watched);
  window_began_ = Clock::now();
}

void Driver::report() const {
  const double cpu =
      options_.watched > 0 ? static_cast<double>(cpu_nanoseconds(options_.watched) - cpu_before_) : 0;
  const std::chrono::duration<double> window = Clock::now() - window_began_;
  const auto done = static_cast<double>(latencies_.count());
  std::printf(
      "{\"requests\": %llu, \"errors\": %llu, \"seconds\": %.6f, \"rps\": %.1f, \"p50_us\": %.1f, "
      "\"p99_us\": %.1f, "
      "\"bytes\": %llu, \"resumed\": %llu, \"cpu_us\": %.1f}\n",
      static_cast<unsigned long long>(latencies_.count()), static_cast<unsigned long long>(errors_),
      window.count(), done / window.count(), static_cast<double>(latencies_.quantile(0.5)) / 1000,
      static_cast<double>(latencies_.quantile(0.99)) / 1000, static_cast<unsigned long long>(answer_bytes_),
      static_cast<unsigned long long>(resumed_), cpu / 1000);
}

// Opens the idle sessions some at a time, says when all wait, and keeps them until standard input ends.
int Driver::hold() {
  for (unsigned next = 0; waiting_ + errors_ < sessions_.size();) {
    while (next < sessions_.size() && next - waiting_ - errors_ < kIdleOpening)
      ask(sessions_[next++]);
    wait_events(1000);
  }
  std::printf("{\"waiting\": %u, \"errors\": %llu}\n", waiting_, static_cast<unsigned long long>(errors_));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  wait_events(0);
  std::printf("{\"waiting\": %u, \"errors\": %llu}\n", waiting_, static_cast<unsigned long long>(errors_));
  return errors_ == 0 ? 0 : 1;
}

int Driver::run() {
  now_ = Clock::now();
  if (options_.mode == Mode::Idle) return hold();
  const auto start = now_;
  const auto after = [](double seconds) {
    return std::chrono::nanoseconds(static_cast<long long>(seconds * 1e9));
  };
  const auto timed = options_.requests == 0;
  if (!timed) start_window();
  for (auto& session : sessions_)
    ask(session);
  if (timed) {
    while (now_ < start + after(options_.warmup))
      wait_events(100);
    start_window();
    while (now_ < window_began_ + after(options_.seconds))
      wait_events(100);
  } else {
    while (latencies_.count() + errors_ < options_.requests)
      wait_events(100);
  }
  report();
  return errors_ == 0 ? 0 : 1;
}

}  // namespace

}  // namespace winrmlb::perf

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  winrmlb::perf::Driver driver(winrmlb::perf::parse_options(argc, argv));
  return driver.run();
}
