// Watch: checks every server of every pool, each by a coroutine of its own, and publishes what it finds.
//
// Lives on the control thread; one prober per server, not per worker. Publishes through ServerState's atomics
// and tells app of every transition. Servers are added and removed at reload; before a Watch dies, stop()
// must have let its checks run out.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "winrmlb/balance/server_state.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/health/state.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/net/timer_wheel.h"

namespace winrmlb::health {

struct Watched {
  std::shared_ptr<balance::ServerState> state;
  std::string pool;
  std::optional<Endpoint> target;  // nothing: its name has no address
  config::Health settings;
};

/// For status: what is known of one server.
struct Report {
  ServerId server;
  balance::Fitness fitness = balance::Fitness::Checking;
  TimePoint since{};
  std::string why;
  std::optional<TimePoint> last_check;
  Duration last_check_took{};
};

class Watch {
 public:
  using OnTransition = std::function<void(const Watched&, const Transition&, const std::string& why)>;

  Watch(net::Poller& poller, net::TimerWheel& wheel, OnTransition on_transition);
  ~Watch();

  /// The servers to check from now on. Those already watched go on without a break.
  void update(std::vector<Watched> servers);
  /// A session could not connect: counts as a failure, and the server is checked at once.
  void connect_failed(ServerId server, Finding finding);
  std::vector<Report> reports() const;
  /// Ends all checks; `stopped()` once they have run out.
  void stop();
  bool stopped() const noexcept { return probers_.empty(); }

 private:
  class Prober;
  net::Poller& poller_;
  net::TimerWheel& wheel_;
  OnTransition on_transition_;
  std::map<ServerId, Prober*> probers_;  // each owned by its coroutine
};

}  // namespace winrmlb::health
