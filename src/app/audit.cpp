#include "winrmlb/app/audit.h"

#include <csignal>
#include <iostream>

#include <boost/json/serialize.hpp>

#include "ways.h"
#include "winrmlb/admin/audit.h"
#include "winrmlb/app/password.h"
#include "winrmlb/app/snapshot_builder.h"
#include "winrmlb/net/clock.h"

namespace winrmlb::app {

namespace {

std::vector<health::AuditOrder> orders_of(const proxy::Snapshot& snapshot) {
  std::vector<health::AuditOrder> orders;
  for (const auto& entry : snapshot.pools) {
    const auto ways = ways_to(snapshot, entry);
    const auto& settings = entry.pool->settings();
    const auto& account = settings.health.account;
    for (std::size_t i = 0; i < entry.targets.size(); ++i) {
      const auto& target = entry.targets[i];
      const auto& member = entry.pool->members()[i];
      health::AuditOrder order{.pool = settings.name,
                               .server = member.settings.name,
                               .host = member.settings.host,
                               .address = target.address};
      if (ways.plain) order.plain = {target.port};
      if (ways.tls) order.by_tls = {target.tls_port};
      order.tls = entry.server_tls;
      order.source = settings.source;
      order.settings = settings.health;
      const auto password = read_password(account.password_file);
      if (!password && account.keytab.empty()) order.settings.account.user.clear();
      order.password = password.value_or("");
      orders.push_back(std::move(order));
    }
  }
  return orders;
}

}  // namespace

Result<boost::json::object> audit(const config::Settings& settings) {
  std::signal(SIGPIPE, SIG_IGN);
  // What the log would say, the audit says itself.
  telemetry::Log log({.level = telemetry::Level::Error, .file = "/dev/null"});
  SnapshotBuilder builder(log);
  auto snapshot = builder.build(settings, nullptr);
  if (!snapshot) return snapshot.error();
  net::Poller poller;
  net::TimerWheel wheel(net::now());
  health::Audit asked(poller, wheel, orders_of(**snapshot));
  while (!asked.done()) {
    poller.turn(net::now(), wheel.next());
    wheel.advance(net::now());
  }
  return admin::audit({**snapshot, asked.servers(), net::wall_now()});
}

int print_audit(const config::Settings& settings, bool as_json) {
  const auto made = audit(settings);
  if (!made) {
    std::cerr << "winrm-lb: " << made.error().detail << "\n";
    return 1;
  }
  std::cout << (as_json ? boost::json::serialize(*made) + "\n" : admin::audit_text(*made));
  return admin::problems_in(*made) == 0 ? 0 : 3;
}

}  // namespace winrmlb::app
