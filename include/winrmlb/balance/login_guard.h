// LoginGuard: keeps a robot with a wrong password from locking an account, and notes what logins tell of the
// farm.
//
// One per process, shared by all workers; any thread; bounded (the key that failed longest ago goes). A wrong
// password that a robot pushes is counted by the domain controller on every server: `failures` failed logins
// of one (client address, user, pool) within `window` block that key for `block`; a success clears it. Across
// addresses there is only an alert, so that nobody can switch off somebody else's account. User names compare
// without regard to case.
//
// It also compares servers: one that rejects a user whom another accepted lately has another idea of that
// account (`account mismatch`): local service accounts drift apart, and one finds out at failover.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/time.h"

namespace winrmlb::balance {

class LoginGuard {
 public:
  explicit LoginGuard(const config::LoginGuard& settings);
  ~LoginGuard();

  struct Who {
    PoolId pool;
    ClientAddress client;
    std::string_view user;  // DOMAIN\user or user
  };

  /// How long this key is still blocked; nothing: it may try.
  std::optional<Duration> blocked(const Who& who, TimePoint now) const;

  /// What a failed login means to the operator; each is told once per block, alert or hour.
  struct Verdict {
    bool blocks_now = false;              // this failure was one too many
    bool many_addresses = false;          // the user fails from many addresses: an alert
    std::optional<ServerId> accepted_by;  // account mismatch: another server took this user lately
  };
  Verdict failed(const Who& who, ServerId server, TimePoint now);
  void succeeded(const Who& who, ServerId server, TimePoint now);
  /// An operator lifts a block. False: there was none.
  bool lift(const Who& who);

  void set_settings(const config::LoginGuard& settings);

  struct Row {
    PoolId pool;
    ClientAddress client;
    std::string user;
    std::uint32_t failures = 0;
    std::optional<Duration> blocked_for;
  };
  std::vector<Row> rows(TimePoint now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace winrmlb::balance
