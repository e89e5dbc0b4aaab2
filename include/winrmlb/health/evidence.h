// Evidence: what checks and sessions find out about a server, as values.
//
// Hard evidence (refused, reset) says that nothing listens there. Soft evidence (time-outs) may be a lost
// packet or a machine that is being moved; an unfit answer (503, no WinRM, a bad certificate, a refused
// login) comes from something that lives. Both take longer to convince, and live sessions get more time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winrmlb::health {

enum class Evidence : std::uint8_t {
  Pass,
  Refused,
  Reset,
  TimedOut,
  Unreachable,
  Unresolved,    // its name has no address
  BadTls,        // handshake or certificate
  Unavailable,   // 503
  WrongAnswer,   // not what a WinRM service says
  LoginRefused,  // 401 to the account of the checks
  NotMade,       // for a reason of our own, such as a KDC that is away: it says nothing of the server
};
std::string_view name_of(Evidence evidence) noexcept;

constexpr bool is_hard(Evidence evidence) noexcept {
  return evidence == Evidence::Refused || evidence == Evidence::Reset;
}

struct Finding {
  Evidence evidence = Evidence::Pass;
  std::string detail;  // for people: "identify on 10.0.0.11:5985: the connection was refused"
};

/// What a session saw of a server. Never a plain 500, and never "nothing yet" of a poll: both are healthy.
enum class PassiveSignal : std::uint8_t {
  ConnectFailed,
  ResetMidAnswer,   // the connection was lost within an answer
  Status503,        // http.sys answers, WinRM does not
  QuotaFault,       // says nothing about health unless it is given a weight
  ServiceDisabled,  // a fault that says that remote access is off
  ShellLost,        // the server does not know a shell that was used there within the last minute
};
inline constexpr std::size_t kPassiveSignals = static_cast<std::size_t>(PassiveSignal::ShellLost) + 1;
std::string_view name_of(PassiveSignal signal) noexcept;

}  // namespace winrmlb::health
