// Wakeup: the one place where a session sleeps, and the ways to wake it.
//
// Owned by the session; used on its worker's thread only. Sockets, the deadline and the worker raise signals;
// the session awaits them all at once, looks at everything again, and sleeps anew. Nothing is lost: what is
// raised while the session runs is kept until it next awaits.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

namespace winrmlb::net {

enum class Signal : std::uint8_t {
  Io = 1,        // a socket became readable or writable, or a connect ended
  Deadline = 2,  // the session's deadline passed
  Stop = 4,      // drain, kick, shutdown: end as the session sees fit
  Verdict = 8,   // health has come to a verdict on some server
};

class Signals {
 public:
  constexpr bool has(Signal signal) const noexcept { return bits_ & static_cast<std::uint8_t>(signal); }
  constexpr void add(Signal signal) noexcept { bits_ |= static_cast<std::uint8_t>(signal); }
  constexpr bool any() const noexcept { return bits_ != 0; }

 private:
  std::uint8_t bits_ = 0;
};

class Wakeup {
 public:
  Wakeup() = default;
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  /// Resumes the session if it sleeps. It may be gone when this returns.
  void raise(Signal signal) {
    raised_.add(signal);
    if (sleeper_) std::exchange(sleeper_, {}).resume();
  }

  /// `Signals woken_by = co_await wakeup;`
  bool await_ready() const noexcept { return raised_.any(); }
  void await_suspend(std::coroutine_handle<> sleeper) noexcept { sleeper_ = sleeper; }
  Signals await_resume() noexcept { return std::exchange(raised_, {}); }

 private:
  std::coroutine_handle<> sleeper_;
  Signals raised_;
};

}  // namespace winrmlb::net
