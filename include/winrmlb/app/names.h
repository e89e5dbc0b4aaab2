// Names: the addresses of servers that are configured by name, as time goes by.
//
// Owned by Control, on its thread; look-ups run beside it. A name is looked up again when its answer's time
// to live is over, or every `pools.X.resolve_every` if it has none. An address that is still among the
// answers is kept, so that an answer in another order moves nobody; a server that is down and has further
// addresses tries them in turn. A name that has vanished keeps its last good addresses, with a warning: a
// broken DNS must not take a farm down.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "winrmlb/app/aside.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/resolve.h"
#include "winrmlb/proxy/snapshot.h"
#include "winrmlb/telemetry/log.h"

namespace winrmlb::app {

class Names {
 public:
  using Answer = std::function<void(Result<net::Resolved>)>;
  /// Looks a name up without blocking, and calls back on the control thread.
  using Lookup = std::function<void(const std::string& host, Answer answer)>;
  /// A server of a pool is to be reached at another address.
  using Moved = std::function<void(const std::string& pool, const std::string& server, const IpAddress&)>;

  Names(telemetry::Log& log, Lookup lookup, Moved moved);

  void adopt(const proxy::Snapshot& snapshot);
  void tick(TimePoint now);

  /// By net::resolve() on the thread aside. `name_servers` is asked for at each look-up.
  static Lookup lookup_aside(Aside& aside, std::function<std::vector<std::string>()> name_servers);

 private:
  struct Name {
    std::string host;
    std::shared_ptr<balance::ServerState> state;
    Duration every{};
    std::optional<IpAddress> address;  // in use
    std::vector<IpAddress> all;        // as last answered
    TimePoint asked{};                 // the last look-up
    TimePoint next{};                  // look-up
    TimePoint next_turn{};             // to another address, while it is down
    bool asking = false;
    bool vanished = false;
  };
  using Key = std::pair<std::string, std::string>;  // pool, server

  void take(const Key& key, const std::string& host, const Result<net::Resolved>& answer);
  void use(const Key& key, Name& name, const IpAddress& address, std::string_view why);
  void turn(const Key& key, Name& name, TimePoint now);

  telemetry::Log& log_;
  Lookup lookup_;
  Moved moved_;
  std::map<Key, Name> names_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);  // for answers that come too late
};

}  // namespace winrmlb::app
