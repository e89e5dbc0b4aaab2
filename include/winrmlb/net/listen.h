// Listening sockets: made at start by app, one per worker and address, handed on as descriptors.
//
// Options that accepted sockets inherit (TCP_NODELAY, keep-alive) are set here once instead of per
// connection.
#pragma once

#include <cstddef>
#include <vector>

#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"

namespace winrmlb::net {

/// A descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const noexcept { return value_; }
  int release() noexcept;
  explicit operator bool() const noexcept { return value_ >= 0; }

 private:
  int value_ = -1;
};

struct ListeningSockets {
  Endpoint bound;  // with the port the kernel gave, if 0 was asked for
  std::vector<Descriptor> sockets;
};

/// Whether sockets of this very process may hold the address already, or part of it.
enum class Beside : bool { Nobody, OwnSockets };

/// `count` sockets on one address by SO_REUSEPORT. A trial bind without it comes first: if another process
/// listens there the kernel would else let both have half of the connections. Beside own sockets there can be
/// no trial.
Result<ListeningSockets> listen_on(const Endpoint& endpoint, std::size_t count,
                                   Beside beside = Beside::Nobody);

/// Makes a socket that was passed to the process one of ours, with the options that listen_on() gives. What
/// it is bound to; an error: it is no listening TCP socket.
Result<Endpoint> adopt_listening(int descriptor);

/// Another descriptor of the same socket, with one queue of connections.
Result<Descriptor> duplicate(int descriptor);

/// New connections go to other sockets of the address from now on; what has begun to connect to this one can
/// still be taken. Best effort: the socket goes on as it was where the kernel cannot do that.
void leave_to_others(int listening_descriptor) noexcept;

/// An accepted, non-blocking connection.
struct Accepted {
  int descriptor = -1;  // the taker owns it
  Endpoint client;
};

/// Takes one connection off a listening socket. Error: Closed when there is none now, Limit when descriptors
/// ran out, System else.
Result<Accepted> accept_one(int listening_descriptor);

}  // namespace winrmlb::net
