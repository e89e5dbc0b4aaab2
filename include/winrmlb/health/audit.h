// Audit: one thorough look at every server of a farm, for a page that an operator reads, and not for routing.
//
// Of each server, on each port that clients come by: does it answer, with which certificate, which logins
// does it offer, which version is it, is its clock right; and with the account of the checks, if there is
// one: does the login work, and what are its quotas. It gives facts; what they mean is said by admin/audit.h.
//
// Used by one thread with a Poller and a TimerWheel of its own. A coroutine per server, which owns itself.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/time.h"
#include "winrmlb/health/evidence.h"
#include "winrmlb/net/poller.h"
#include "winrmlb/net/timer_wheel.h"
#include "winrmlb/net/tls.h"
#include "winrmlb/winrm/auth.h"
#include "winrmlb/winrm/remote_config.h"

namespace winrmlb::health {

struct AuditOrder {
  std::string pool;
  std::string server;
  std::string host;                  // as configured: what a certificate must name
  std::optional<IpAddress> address;  // nothing: its name has no address
  std::vector<std::uint16_t> plain;  // ports
  std::vector<std::uint16_t> by_tls;
  std::shared_ptr<const net::TlsContext> tls;
  std::optional<IpAddress> source;  // nothing: the system chooses
  config::Health settings;          // its account; without a user no login is tried
  std::string password;
};

struct PortAudit {
  std::uint16_t port = 0;
  bool tls = false;
  Finding finding;  // Pass: a WinRM service answers
  Duration took{};  // until it had answered
  std::optional<net::CertificateInfo> certificate;
  std::string version;                // of the product; zeros without a login
  std::vector<winrm::Scheme> offers;  // logins
  std::optional<seconds> clock;       // the server's ahead of ours
};

struct ServerAudit {
  std::string pool;
  std::string server;
  std::string host;
  std::string user;                           // that was tried; empty: none
  std::vector<PortAudit> ports;               // none: its name has no address
  std::optional<Finding> login;               // nothing: not tried
  std::string version;                        // as told to who has logged in
  std::optional<winrm::RemoteConfig> config;  // nothing: not tried, or see config_finding
  Finding config_finding;
};

class Audit {
 public:
  /// Begins at once. All of it takes half a minute at most for each port of the slowest server.
  Audit(net::Poller& poller, net::TimerWheel& wheel, const std::vector<AuditOrder>& orders);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  bool done() const noexcept { return running_ == 0; }
  /// In the order of the orders; complete once done().
  const std::vector<ServerAudit>& servers() const noexcept { return servers_; }

 private:
  class Look;
  std::vector<ServerAudit> servers_;
  std::size_t running_ = 0;
};

}  // namespace winrmlb::health
