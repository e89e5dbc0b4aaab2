// CreateLimiter: how many shells may be in the making on a server at once.
//
// A server that has just come up starts processes slowly; a crowd of Creates at the same instant makes it
// fail the first ones. A new address is given another server then (choose.h); whoever has his place on this
// one waits for a turn. Part of ServerState; any thread, lock-free.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace winrmlb::balance {

class CreateLimiter {
 public:
  /// `most`: as it is now; 0: no limit. False: not now. After true, end() must follow.
  bool begin(std::uint32_t most) noexcept {
    auto running = running_.load(std::memory_order_relaxed);
    while (most == 0 || running < most) {
      if (running_.compare_exchange_weak(running, running + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void end() noexcept { running_.fetch_sub(1, std::memory_order_relaxed); }
  std::uint32_t running() const noexcept { return running_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> running_{0};
};

/// One Create's turn, given back at the latest when this ends. Owned by the exchange; the limiter must live
/// as long.
class CreateTurn {
 public:
  CreateTurn() noexcept = default;
  ~CreateTurn() { end(); }
  CreateTurn(const CreateTurn&) = delete;
  CreateTurn& operator=(const CreateTurn&) = delete;

  /// False: not now. One that is held is given back first.
  bool take(CreateLimiter& limiter, std::uint32_t most) noexcept {
    end();
    if (limiter.begin(most)) limiter_ = &limiter;
    return limiter_ != nullptr;
  }
  void end() noexcept {
    if (limiter_ != nullptr) std::exchange(limiter_, nullptr)->end();
  }

 private:
  CreateLimiter* limiter_ = nullptr;
};

}  // namespace winrmlb::balance
