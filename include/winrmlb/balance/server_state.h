// ServerState: what all workers know about one server right now.
//
// Owned by shared_ptr from the Pool snapshots that name the server; lives across reloads. Written by any
// thread through atomics; touched once or twice per exchange. The text of why a server is in its state is
// health's.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "winrmlb/balance/create_limiter.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

/// What health thinks of a server.
///
///   Checking ──pass──▶ Up ──failure──▶ Suspect ──pass──▶ Up
///                                         │ verdict: refused again, or `fall` failures
///                                         ▼
///                                       Down ──`rise` passes──▶ Up
///
/// A server that is Down may only be frozen (a virtual machine that is being moved): until it is `lost`, what
/// holds something there stays, and everybody else leaves.
///
/// New addresses go to Up servers only (to Checking ones if there is no other); an address that is on a
/// Suspect server stays there until the verdict.
enum class Fitness : std::uint8_t { Checking, Up, Suspect, Down };
std::string_view name_of(Fitness fitness) noexcept;

struct ServerState {
  ServerState(ServerId server_id, std::string server_name) : id(server_id), name(std::move(server_name)) {}

  const ServerId id;
  const std::string name;
  std::atomic<Fitness> fitness{Fitness::Checking};
  std::atomic<bool> lost{false};              // Down, and nothing that lived there is expected back
  std::atomic<TimePoint::rep> down_since{0};  // while it is Down
  std::atomic<config::ServerMode> mode{config::ServerMode::Ready};
  std::atomic<std::uint32_t> sessions{0};  // connected server connections
  std::atomic<std::uint32_t> clients{0};   // affinity entries that name it
  std::atomic<std::uint32_t> shells{0};    // known to live there
  std::atomic<bool> removed{false};        // by a reload, for good: another one of its name is another server
  std::atomic<TimePoint::rep> full_until{0};        // it reported a full quota: takes no new client so long
  CreateLimiter creates;                            // shells in the making
  std::atomic<std::int32_t> weight_by_command{-1};  // an operator's word instead of the setting; -1: none

  std::atomic<bool> evicting{false};         // a drain is over its deadline: what is left must leave
  std::atomic<TimePoint::rep> ramp_from{0};  // new or recovered then: slow start

  /// May take an address that has nothing anywhere.
  bool takes_new() const noexcept {
    const auto now = fitness.load(std::memory_order_relaxed);
    return now == Fitness::Up && mode.load(std::memory_order_relaxed) == config::ServerMode::Ready;
  }
  /// May serve what is already there: a session, a shell.
  bool keeps_old() const noexcept {
    const bool gone =
        fitness.load(std::memory_order_relaxed) == Fitness::Down && lost.load(std::memory_order_relaxed);
    return !gone && mode.load(std::memory_order_relaxed) != config::ServerMode::Maintenance &&
           !evicting.load(std::memory_order_relaxed);
  }
};

}  // namespace winrmlb::balance
