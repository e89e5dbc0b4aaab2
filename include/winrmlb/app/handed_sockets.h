// HandedSockets: listening sockets that came with the process: from systemd (socket units, and what its store
// kept over a crash), or from the process that this one follows.
//
// Control thread. A listener takes its sockets by the name under which they came, or by the address that they
// are bound to; what nobody takes is closed. sd_listen_fds(3).
//
// Sockets of one address are the kernel's SO_REUSEPORT group: connections are spread over all of them as they
// come in, and wait in the queue of one. So each must have a worker that accepts on it, however many sockets
// and workers there are, and none may be closed while somebody serves the address: its queue would be reset.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "winrmlb/config/settings.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::app {

class HandedSockets {
 public:
  /// What systemd has passed, with the names of FileDescriptorName=. An error: one is no listening TCP
  /// socket.
  Status take_from_systemd();
  /// Error: it is no listening TCP socket.
  Status add(std::string name, net::Descriptor socket);

  /// The sockets of this name, or else of this address; none: there are none.
  std::optional<net::ListeningSockets> take(const std::string& name, const Endpoint& bind);
  /// The addresses of what nobody has taken. They are closed.
  std::vector<Endpoint> drop_rest();
  bool empty() const noexcept { return handed_.empty(); }

 private:
  struct Handed {
    std::string name;
    Endpoint bound;
    net::Descriptor socket;
  };
  std::optional<net::ListeningSockets> take_from(const Endpoint& bound);

  std::vector<Handed> handed_;
};

/// For each worker its share: duplicates, since app keeps the sockets. Every socket goes to a worker, and
/// every worker has one: with fewer sockets than workers, some accept on the same.
Result<std::vector<std::vector<net::Descriptor>>> share_out(const net::ListeningSockets& sockets,
                                                            std::size_t workers);

}  // namespace winrmlb::app
