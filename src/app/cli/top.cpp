// The command `top`: the status, live in the terminal. Plain ANSI (ECMA-48), on the alternate screen.
#include <cerrno>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "winrmlb/admin/status.h"
#include "winrmlb/app/cli.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::app::cli {

namespace {

constexpr const char* kTop =
    "Refreshes once a second; q ends it. Where standard output is no terminal it prints the status once.\n"
    "\n"
    "Example:  winrm-lb top\n"
    "\n"
    "Exit codes: 0 ended; 1 nobody answers there, or no longer.";

volatile std::sig_atomic_t told_to_end = 0;

/// Gives the terminal back as it was.
class Terminal {
 public:
  Terminal() {
    was_raw_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (was_raw_) {
      auto raw = before_;
      raw.c_lflag &= static_cast<tcflag_t>(~(ICANON | ECHO | ISIG));
      (void)::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    for (const int signal : {SIGTERM, SIGHUP, SIGINT})
      std::signal(signal, [](int) { told_to_end = 1; });
    std::cout << "\x1b[?1049h\x1b[?25l" << std::flush;
  }
  ~Terminal() {
    std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
    if (was_raw_) (void)::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  static winsize size() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
      size.ws_col = 80;
      size.ws_row = 24;
    }
    return size;
  }
  /// Waits for a key, but no longer than a second. False: it is time to end.
  bool goes_on() {
    constexpr char kControlC = 3;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (::poll(&input, 1, 1000) < 0 && errno != EINTR) return false;
    char key = 0;
    if (input.revents != 0 && ::read(STDIN_FILENO, &key, 1) <= 0) return false;
    return told_to_end == 0 && key != 'q' && key != 'Q' && key != kControlC;
  }

 private:
  termios before_{};
  bool was_raw_ = false;
};

int top(const CommandLine& line) {
  const admin::ControlClient client(line.socket);
  auto reply = client.get("/status");
  if (!reply || line.as_json || ::isatty(STDOUT_FILENO) == 0 || ::isatty(STDIN_FILENO) == 0)
    return show(line, reply, admin::status_text);
  std::string why;
  {
    Terminal terminal;
    auto before = reply->json;
    TimePoint looked = net::now();
    double passed = 0;
    for (;;) {
      const auto size = Terminal::size();
      std::string screen = "\x1b[H";
      for (const char c : top_screen(before, reply->json, passed, size.ws_col, size.ws_row)) {
        if (c == '\n') screen += "\x1b[K\r";
        screen += c;
      }
      std::cout << screen << "\x1b[K\x1b[J" << std::flush;
      if (!terminal.goes_on()) break;
      before = std::move(reply->json);
      reply = client.get("/status");
      if (!reply) {
        why = reply.error().detail;
        break;
      }
      const TimePoint now = net::now();
      passed = std::chrono::duration<double>(now - looked).count();
      looked = now;
    }
  }
  return why.empty() ? kDone : fail(why);
}

}  // namespace

void add_top_command(CommandLine& line) {
  add_asking(line, "top", "Watch servers and rates, live in the terminal", kTop,
             [&line] { return top(line); });
}

}  // namespace winrmlb::app::cli
