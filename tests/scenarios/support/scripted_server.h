// ScriptedServer: a server whose every move on each connection is written down in the scenario.
//
// A listening socket with a thread, and a thread per connection that runs the script. A health check (a
// connection on which not one byte comes) runs no script and is not counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "scenarios/support/ends.h"
#include "winrmlb/core/address.h"

namespace winrmlb::scenarios {

class ScriptedServer {
 public:
  using Script = std::function<void(End&)>;
  /// `backlog`: connections that may wait to be accepted, and one more.
  explicit ScriptedServer(Script script, const char* address = "127.0.0.1", int backlog = 1024);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  const Endpoint& endpoint() const noexcept { return endpoint_; }
  /// Connections on which at least one byte came.
  std::size_t connections() const noexcept { return connections_; }
  /// Refuses new connections and resets those it has.
  void vanish();
  /// From now on connects to this server are neither accepted nor refused: what waits fills its (small)
  /// queue, and the kernel drops further SYNs, until accept_again().
  [[nodiscard]] std::vector<Client> stop_accepting();
  void accept_again();

 private:
  struct Serving {
    End* end = nullptr;  // while its script runs
    std::thread thread;
  };
  void accept_all();
  void serve(Serving& serving, int descriptor);

  Script script_;
  Endpoint endpoint_;
  int listening_ = -1;
  std::atomic<bool> gone_{false};
  std::atomic<std::size_t> connections_{0};
  std::mutex mutex_;
  std::condition_variable accepting_changed_;
  bool accepting_ = true;
  bool holding_ = false;  // a connection that was accepted meanwhile
  std::list<Serving> serving_;
  std::thread acceptor_;
};

/// Answers every request of a connection with its name, until the client leaves.
ScriptedServer::Script echo(std::string name);

/// A port that nobody listens on, held so that nobody else takes it.
class DeadPort {
 public:
  explicit DeadPort(const char* address = "127.0.0.1");
  ~DeadPort();
  const Endpoint& endpoint() const noexcept { return endpoint_; }

 private:
  Endpoint endpoint_;  // before the socket that tells it
  int descriptor_;
};

/// A moment that one thread of a scenario waits for and another brings about.
class Moment {
 public:
  void come();
  /// False: not within ten seconds.
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool here_ = false;
};

}  // namespace winrmlb::scenarios
