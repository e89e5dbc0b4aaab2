// The WS-Management service: one request in, one envelope out (MS-WSMV 3.1.4).
//
// Owned by the server, on its one thread. A Receive is a coroutine that waits for output until the time is up
// or the client hangs up; everything else answers at once. Running commands are coroutines too: they follow a
// plan and let time pass by timers.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "winrmlb/sim/options.h"
#include "winrmlb/sim/shells.h"
#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {

/// Tells a waiting Receive that its client has gone.
struct Hangup {
  bool gone = false;
  std::function<void()> wake;
};

struct Caller {
  std::string user;  // empty: anonymous
  std::string client_ip;
};

struct Reply {
  unsigned status = 200;
  std::string envelope;
  std::uint32_t fault_code = 0;
  std::string shell_id;  // the shell that the request made or named
  std::string command_id;
  bool executed = false;  // the request was carried out, now: not refused, not answered from memory
};

class Service {
 public:
  Service(const Options& options, boost::asio::any_io_executor executor);

  /// Fills `reply`. Coroutines here take and give by reference: g++ 12 destroys some of their value
  /// parameters twice.
  boost::asio::awaitable<void> handle(const SoapRequest& request, const Caller& caller, Hangup& hangup,
                                      Reply& reply);
  Reply fault(const SoapRequest& request, Fault fault) const;

  ShellTable& shells() { return shells_; }
  const std::map<std::string, std::uint64_t>& counters() const { return counters_; }
  /// Loses all shells and enumerations, as a restart of the service does.
  std::size_t forget();

 private:
  struct Enumeration {
    std::vector<std::string> items;
    std::size_t next = 0;
  };

  Reply success(const SoapRequest& request, std::string body, std::string_view action_uri = {}) const;
  Reply identify(const SoapRequest& request, const Caller& caller) const;
  Reply get(const SoapRequest& request, const Caller& caller);
  Reply create(const SoapRequest& request, const Caller& caller);
  Reply enumerate(const SoapRequest& request, const Caller& caller);
  Reply pull(const SoapRequest& request);
  Reply release(const SoapRequest& request);
  std::string take_items(Enumeration& enumeration, std::size_t most) const;
  std::vector<std::string> listed(const SoapRequest& request);

  std::optional<Fault> refusal(const SoapRequest& request, const Caller& caller, Shell*& shell);
  boost::asio::awaitable<void> carry_out(const SoapRequest& request, const Caller& caller, Shell* shell,
                                         Hangup& hangup, Reply& reply);
  Reply start_command(const SoapRequest& request, const Caller& caller, Shell& shell);
  Reply send(const SoapRequest& request, Shell& shell);
  boost::asio::awaitable<void> receive(const SoapRequest& request, Shell& shell, Hangup& hangup,
                                       Reply& reply);
  Reply signal(const SoapRequest& request, Shell& shell);
  Reply remove(const SoapRequest& request, Shell& shell);
  Reply disconnect(const SoapRequest& request, Shell& shell);
  Reply reconnect(const SoapRequest& request, Shell& shell);
  Reply connect(const SoapRequest& request, Shell& shell);
  boost::asio::awaitable<void> run(std::shared_ptr<const Plan> plan, std::shared_ptr<Outlet> outlet);
  void start_pipeline(Shell& shell, Command& command, const std::string& fragments, const Caller& caller);
  Surroundings surroundings(const Caller& caller, Shell& shell);
  std::string shell_body(const Shell& shell) const;
  void remember(const std::string& operation_id, const Reply& reply);

  const Options& options_;
  boost::asio::any_io_executor executor_;
  ShellTable shells_;
  std::map<std::string, Enumeration> enumerations_;
  std::map<std::string, std::uint64_t> counters_;
  std::map<std::string, Reply> answered_;  // by OperationID, for retransmissions
  std::deque<std::string> answered_order_;
};

}  // namespace winrmlb::sim
