// Hunts: how often and how many at once an address may look for an unknown shell on other servers.
//
// One per pool, shared by all workers; any thread. A hunt costs a request on every server, so an address gets
// kPerSecond of them, kAtOnce at a time; beyond that the answer of its own server is passed on. Bounded.
#pragma once

#include <cstdint>
#include <memory>

#include "winrmlb/core/address.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

class Hunts {
 public:
  static constexpr std::uint32_t kPerSecond = 5;
  static constexpr std::uint32_t kAtOnce = 2;

  Hunts();
  ~Hunts();

  /// False: not now. After true, end() must follow.
  bool begin(const ClientAddress& client, TimePoint now);
  void end(const ClientAddress& client);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace winrmlb::balance
