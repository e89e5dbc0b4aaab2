// From Settings to a Snapshot: resolves names, makes TLS contexts, hands on what lasts from the predecessor.
//
// Control thread only; may block on the resolver (start-up and reload, never a request).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

class SnapshotBuilder {
 public:
  explicit SnapshotBuilder(telemetry::Log& log) : log_(log) {}

  /// `predecessor` may be null. Errors name the file that is at fault. Nothing that the predecessor shares is
  /// changed before commit(), so a snapshot may still be dropped.
  Result<std::shared_ptr<const proxy::Snapshot>> build(const config::Settings& settings,
                                                       const proxy::Snapshot* predecessor);
  /// The same again with certificates and all that belongs to them read anew.
  static Result<std::shared_ptr<const proxy::Snapshot>> renew(const proxy::Snapshot& current);
  /// Lets the snapshot take over; nothing can fail from here on.
  static void commit(const proxy::Snapshot& snapshot);

 private:
  proxy::PoolEntry build_pool(const config::Pool& settings, const config::Settings& all,
                              const proxy::Snapshot* predecessor);
  std::optional<IpAddress> address_of(const config::Server& server, const config::Pool& pool,
                                      const std::vector<std::string>& name_servers,
                                      const proxy::PoolEntry* old);
  void hand_on_traffic(proxy::PoolEntry& entry, const proxy::PoolEntry* old) const;
  ListenerId listener_id(const config::Listener& listener);

  telemetry::Log& log_;
  std::size_t workers_ = 0;  // as the first configuration said: another number needs a restart
  ServerId next_server_id_{1};
  std::map<std::string, PoolId> pool_ids_;
  std::map<std::string, ListenerId> listener_ids_;
};

}  // namespace winrmlb::app
