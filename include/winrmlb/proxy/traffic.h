// Traffic: what exchanges came to, counted by pool and by server.
//
// Each worker has a set of its own per pool and per server, so that nothing is locked or contended; admin
// sums them at a scrape. Made with the snapshot, on the control thread, and handed on from snapshot to
// snapshot, so that counters outlast reloads; a session reaches its set by its worker's index. All of it is
// of fixed size: about 4 KiB per pool and 512 bytes per server for each worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "winrmlb/balance/choose.h"
#include "winrmlb/core/result.h"
#include "winrmlb/telemetry/counters.h"
#include "winrmlb/winrm/envelope.h"
#include "winrmlb/winrm/fault.h"
#include "winrmlb/winrm/login.h"

namespace winrmlb::proxy {

struct Exchange;
using telemetry::Counter;

/// How an exchange ended. Metric label.
enum class Outcome : std::uint8_t {
  Ok,           // 1xx to 3xx
  PollTimeout,  // the fault by which an idle poll ends: healthy
  Fault,        // any other fault of the server
  Unread,       // 500 with a message that could not be read: an idle poll, or a fault
  Challenge,    // 401
  ClientError,  // any other 4xx of the server
  ServerError,  // any other 5xx of the server
  Own,          // the balancer's own answer
  Aborted,      // no answer, or not all of it
};
inline constexpr std::size_t kOutcomes = static_cast<std::size_t>(Outcome::Aborted) + 1;
std::string_view name_of(Outcome outcome) noexcept;
Outcome outcome_of(const Exchange& exchange) noexcept;

/// What must not be thrown together when durations are looked at. Metric label.
enum class Kind : std::uint8_t {
  Call,
  Poll,    // Receive: takes as long as there is nothing to tell
  Login,   // a leg of a login, or its refusal
  Unread,  // could be any of them: sealed, or not SOAP
};
inline constexpr std::size_t kKinds = static_cast<std::size_t>(Kind::Unread) + 1;
std::string_view name_of(Kind kind) noexcept;
Kind kind_of(const Exchange& exchange) noexcept;

/// What came of connecting to a server. Metric label.
enum class ConnectResult : std::uint8_t { Ok, Refused, TimedOut, TlsFailed, Failed };
inline constexpr std::size_t kConnectResults = static_cast<std::size_t>(ConnectResult::Failed) + 1;
std::string_view name_of(ConnectResult result) noexcept;
ConnectResult connect_result_of(ErrorCode code) noexcept;

inline constexpr std::size_t kReasons = static_cast<std::size_t>(balance::Reason::Unavailable) + 1;
inline constexpr std::size_t kErrorCodes = static_cast<std::size_t>(ErrorCode::Config) + 1;

// In microseconds. Polls of 20, 60 and 180 s are the usual ones.
inline constexpr std::uint64_t kExchangeBounds[] = {
    1'000,   2'500,     5'000,     10'000,    25'000,     50'000,     100'000,    250'000,
    500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 25'000'000, 65'000'000, 185'000'000};
inline constexpr std::uint64_t kSessionBounds[] = {
    1'000'000,     10'000'000,    60'000'000,    300'000'000,    900'000'000,
    1'800'000'000, 3'600'000'000, 7'200'000'000, 14'400'000'000, 43'200'000'000};

template <typename T, std::size_t Rows, std::size_t Columns>
using Grid = std::array<std::array<T, Columns>, Rows>;

/// One worker's, of one pool. A cache line of its own: the next worker's is its neighbour.
struct alignas(64) PoolTraffic {
  Grid<Counter, winrm::kActions, kOutcomes> exchanges;
  std::array<Counter, kReasons> routed;  // by reason of the choice
  std::array<telemetry::Histogram<kExchangeBounds>, kKinds> durations;
  std::array<Counter, kErrorCodes> session_ends;
  telemetry::Histogram<kSessionBounds> session_durations;
};

/// One worker's, of one server.
struct alignas(64) ServerTraffic {
  std::array<Counter, kOutcomes> exchanges;
  std::array<Counter, winrm::kFaultClasses> faults;
  std::array<Counter, winrm::kLoginOutcomes> logins;
  std::array<Counter, kConnectResults> connects;
  Counter account_mismatches;  // it rejected a user whom another server had accepted
  Counter request_bytes;
  Counter response_bytes;
};

/// One T for each worker, which alone writes it.
template <typename T>
class PerWorker {
 public:
  explicit PerWorker(std::size_t workers) : all_(workers) {}
  T& of(std::size_t worker) noexcept { return all_.at(worker); }
  const std::vector<T>& all() const noexcept { return all_; }

 private:
  std::vector<T> all_;  // never resized
};

}  // namespace winrmlb::proxy
