// The shells that live on this server, their commands, and the output that waits to be fetched.
//
// Owned by the service, touched by its one thread only. Pure: time is handed in, and a waiting Receive is
// woken by a function that it left in the outlet. An outlet is shared between the shell, the running command
// and the waiting Receive, because any of the three may end first.
//
//   command:  Running --(plan done)--> Done --(terminate or shell deleted)--> gone, outlet closed
//   shell:    Connected <--Reconnect/Connect-- / --Disconnect--> Disconnected;  Delete or idle limit: gone
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/core/time.h"
#include "winrmlb/sim/faults.h"
#include "winrmlb/sim/interpreter.h"
#include "winrmlb/sim/options.h"

namespace winrmlb::sim {

struct Chunk {
  Stream stream = Stream::Out;
  std::string bytes;
};

/// Where a command (or a PSRP shell itself) puts output, and where one Receive at a time fetches it.
struct Outlet {
  std::deque<Chunk> chunks;
  std::size_t queued_bytes = 0;
  bool done = false;  // nothing more will come; exit_code holds
  std::int32_t exit_code = 0;
  std::optional<Fault> closed;       // a waiting Receive gets this
  std::optional<Fault> interrupted;  // the same, but the outlet lives on
  bool receiving = false;
  std::function<void()> wake_receiver;  // set while a Receive waits
  std::function<void()> wake_producer;  // set while a command waits for room or for its time

  void put(Stream stream, std::string bytes);
  void finish(std::int32_t code);
  void close(Fault fault);
  void interrupt(Fault fault);
  /// Up to `most` bytes, in order; a longer chunk is split. Each chunk counts a little more than its bytes,
  /// for the element that it becomes.
  std::vector<Chunk> take(std::size_t most);
  bool empty() const { return chunks.empty(); }
};

struct Command {
  std::string id;
  bool echo_input = false;
  std::shared_ptr<Outlet> outlet = std::make_shared<Outlet>();
};

struct Shell {
  std::string id;
  std::string name;
  std::string resource_uri;
  std::string owner;       // DOMAIN\user, as logged in
  std::string session_id;  // of the client that holds it
  std::string client_ip;
  std::string pool_id;  // PSRP: the runspace pool's id as in its messages, 16 raw bytes
  bool psrp = false;
  bool disconnected = false;
  std::chrono::milliseconds idle_limit{};
  TimePoint created;
  TimePoint last_use;
  std::size_t requests_pending = 0;  // a pending Receive counts as activity
  std::size_t commands_started = 0;
  std::map<std::string, std::string> variables;
  std::map<std::string, Command> commands;
  std::shared_ptr<Outlet> outlet = std::make_shared<Outlet>();  // PSRP: output of the pool itself
};

class ShellTable {
 public:
  explicit ShellTable(const Quotas& quotas) : quotas_(quotas) {}

  /// Checks the quotas and the id, in the order in which Windows does.
  std::optional<Fault> may_create(const std::string& owner, const std::string& id) const;
  Shell& add(Shell shell);
  /// The shell if it lives here and is the caller's own.
  Shell* find(const std::string& id);
  /// Ends a shell: waiting Receives get `reason`.
  void erase(const std::string& id, Fault reason);
  /// Ends all shells, as a restart of the service does. Returns how many.
  std::size_t clear();
  /// Ends shells that have been idle beyond their limit.
  std::size_t expire(TimePoint now);
  /// Operations counted against the user: text shells never give theirs back (MS-WSMV, appendix A).
  std::size_t operations_of(const std::string& owner) const;

  const std::map<std::string, std::unique_ptr<Shell>>& all() const { return shells_; }

 private:
  std::size_t shells_of(const std::string& owner) const;
  const Quotas& quotas_;
  std::map<std::string, std::unique_ptr<Shell>> shells_;
};

}  // namespace winrmlb::sim
