// Watch: checks every server of every pool, and publishes what it finds.
//
// Lives on the control thread; one prober per server, not per worker, with a coroutine for each kind of check
// on each port in use. The first checks are made at once; from then on each follows its own interval,
// shortened by up to a fifth at random, so that neither servers nor checks march in step. Publishes through
// ServerState's atomics and tells app of every transition. Servers are added and removed at reload; before a
// Watch dies, stop() must have let its checks run out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "winrmlb/balance/server_state.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/uuid.h"
#include "winrmlb/health/restarts.h"
#include "winrmlb/health/state.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/net/tls.h"

namespace winrmlb::health {

/// Does `work` where it may block, and then `then` on the control thread. Lent by app, which has the threads.
using Aside = std::function<void(std::function<void()> work, std::function<void()> then)>;

struct Watched {
  std::shared_ptr<balance::ServerState> state;
  std::string pool;
  std::string host;                  // as configured: what a certificate must name
  std::optional<IpAddress> address;  // nothing: its name has no address
  std::optional<IpAddress> source;   // that sessions connect from
  std::uint16_t port = 0;
  std::uint16_t tls_port = 0;
  bool by_plain = true;  // which of the two clients' listeners lead to
  bool by_tls = false;
  std::shared_ptr<const net::TlsContext> tls;
  config::Health settings;
  std::string password;  // of settings.account
};

/// For status and metrics: what is known of one kind of check.
struct CheckReport {
  std::string name;  // "identify", "identify_tls"
  balance::Fitness fitness = balance::Fitness::Checking;
  Finding last;
  std::optional<TimePoint> at;
  Duration took{};
  std::uint64_t passes = 0;
  std::uint64_t failures = 0;
};

/// The same of one server.
struct Report {
  ServerId server;
  balance::Fitness fitness = balance::Fitness::Checking;
  TimePoint since{};
  std::string why;
  std::optional<TimePoint> last_check;
  Duration last_check_took{};
  std::vector<CheckReport> checks;
  std::optional<seconds> certificate_ends_in;  // as of its last check by TLS
  std::uint64_t downs = 0;                     // how often it went down
  std::uint64_t restarts = 0;                  // how often it lost its shells
  std::uint64_t signals[kPassiveSignals] = {};
};

class Watch {
 public:
  struct Tell {
    std::function<void(const Watched&, const Transition&, const std::string& why)> transition;
    /// It has lost its shells, and is well: its pins are void.
    std::function<void(const Watched&)> restarted;
    /// Its certificate ends in `left`; told once a day.
    std::function<void(const Watched&, seconds left)> certificate_ends;
  };

  Watch(net::Poller& poller, net::TimerWheel& wheel, Tell tell, Aside aside);
  ~Watch();

  /// The servers to check from now on. Those already watched go on without a break.
  void update(std::vector<Watched> servers);
  /// A session could not connect: raises suspicion, and the server is checked at once.
  void connect_failed(ServerId server, const Finding& finding);
  /// What a session saw. The shell is for ShellLost.
  void passive(ServerId server, PassiveSignal signal, const Uuid& shell);
  std::vector<Report> reports() const;
  /// Ends all checks; `stopped()` once they have run out.
  void stop();
  bool stopped() const noexcept { return probers_.empty() && running_ == 0; }

 private:
  class Prober;
  class Check;
  Others others_of(const Prober& prober) const;

  net::Poller& poller_;
  net::TimerWheel& wheel_;
  Tell tell_;
  Aside aside_;  // for logins
  std::map<ServerId, std::unique_ptr<Prober>> probers_;
  bool at_work_ = false;     // the first servers are known
  std::size_t running_ = 0;  // checks, those included that are running out
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace winrmlb::health
