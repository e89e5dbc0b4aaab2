// What the tests of pools and of the affinity table share: a small farm, and a clock that they move.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "winrmlb/balance/pool.h"

namespace winrmlb::balance::support {

/// Servers ps1, ps2, ... that are all Ready, and by default Up.
struct Farm {
  explicit Farm(int servers, std::uint32_t capacity = 100000);

  /// Makes the pool from `settings`: the first time, or as a reload.
  void load();
  ServerState& state(int number) { return *pool->member("ps" + std::to_string(number))->state; }
  void all(Fitness fitness);
  /// A server that goes down is gone for good, and not only frozen.
  void set(int number, Fitness fitness) {
    state(number).lost = fitness == Fitness::Down;
    state(number).fitness = fitness;
  }
  void set(int number, config::ServerMode mode) { state(number).mode = mode; }

  /// Route by address, and the server's number (0: none); `ps2 assigned` as text.
  int server(std::uint32_t client);
  std::string text(std::uint32_t client);
  /// A session connects to the server of this number, or leaves it.
  void open(std::uint32_t client, int number);
  void close(std::uint32_t client, int number, bool opaque = false);
  void wait(Duration time) { now += time; }
  std::vector<std::uint32_t> clients();

  ServerId id(int number) { return state(number).id; }
  static ClientAddress client(std::uint32_t number) {
    return {IpAddress::from_v4(0x0a000000 + number), 32, 128};
  }
  static Facts facts(std::uint32_t number) { return {client(number), {}, {}}; }

  config::Pool settings;
  std::uint32_t capacity;
  std::uint32_t pins = 100000;
  ServerId next_id{1};
  std::unique_ptr<Pool> pool;
  TimePoint now{std::chrono::hours(1000)};
};

/// Runs `work(index)` on as many threads at once, held at a gate until all are there.
template <typename Work>
void at_once(std::size_t threads, Work work) {
  std::atomic<std::size_t> waiting{threads};
  std::vector<std::jthread> running;
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      waiting.fetch_sub(1);
      while (waiting.load() > 0)
        std::this_thread::yield();
      work(i);
    });
  }
}

}  // namespace winrmlb::balance::support
