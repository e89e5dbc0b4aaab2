// Upgrade: hands the service to a new process of the binary as it is installed now, without losing a
// connection. The other side is Takeover; what is said between them stands in src/app/handover.h.
//
// Owned by Control, on its thread. Whatever goes wrong before the new process says that it serves, this one
// goes on as if nothing had been; so going back to an older binary is the same again.
//
//   Idle ──begin──▶ Starting ──prepared──▶ Pausing ──all paused──▶ Taking ──serving──▶ HandedOn
//    ▲                 │                      │                      │
//    └──── it fails, ends or is silent for too long: accept again ───┘
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "winrmlb/core/result.h"
#include "winrmlb/core/time.h"
#include "winrmlb/net/listen.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

/// Resolved when the process starts, as the program may be replaced while it runs: a path that was given is
/// kept, links and all.
std::string installed_program(const std::string& as_called);

class Upgrade final : private net::Polled {
 public:
  /// Listening sockets of one address.
  struct Offer {
    std::string name;
    std::vector<int> sockets;
  };
  struct Lent {
    telemetry::Log& log;
    net::Poller& poller;
    std::function<std::vector<Offer>()> listeners;
    std::function<std::vector<int>()> admin;
    /// The workers shall accept no more for now; paused() is then called.
    std::function<void()> pause;
    std::function<void()> resume;
    /// What clients depend on, as of now.
    std::function<std::string()> state;
    std::function<void(pid_t)> handed_on;
  };
  enum class State : std::uint8_t { Idle, Starting, Pausing, Taking, HandedOn };

  Upgrade(std::vector<std::string> command_line, Lent lent);
  ~Upgrade();

  /// Starts the new process. How it ends is in the log.
  Status begin(TimePoint now);
  void paused();
  void tick(TimePoint now);
  State state() const noexcept { return state_; }

 private:
  void ready(std::uint32_t events) override;
  Status start_process();
  void offer();
  void pass_state();
  void hand_over();
  void fail(std::string_view why);
  void forget_socket();

  const std::vector<std::string> command_line_;
  Lent lent_;
  State state_ = State::Idle;
  net::Descriptor socket_;
  TimePoint until_ = TimePoint::max();  // when the new process is given up
  pid_t started_ = 0;                   // the child that forks and ends at once
  pid_t process_ = 0;                   // the one that will serve, by the kernel's word
};

}  // namespace winrmlb::app
