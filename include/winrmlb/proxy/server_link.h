// ServerLink: one server connection of a session, and where it is counted.
//
// Owned by the session, which has one from its first exchange on. A session that is not bound to it may open
// further ones, at most one per server: a message that names a shell on another server goes there. None is
// ever shared between sessions.
#pragma once

#include <memory>
#include <optional>

#include "winrmlb/balance/pool.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/net/input.h"
#include "winrmlb/net/stream.h"

namespace winrmlb::proxy {

struct ServerLink {
  ServerLink(net::Poller& poller, net::Wakeup& wakeup, net::BlockPool& blocks)
      : stream(poller, wakeup), input(blocks) {}

  net::Stream stream;
  net::Input input;
  std::optional<ServerId> server;       // connected to
  std::shared_ptr<balance::Pool> pool;  // in whose tables it is counted
  bool to_drop = false;                 // before the next exchange

  /// Nothing is owed to us, so whatever comes is wrong, if only the end: true if something has.
  bool spoke() {
    return stream.is_open() &&
           (!input.empty() || input.fill(stream).state != net::IoResult::State::WouldBlock);
  }
};

}  // namespace winrmlb::proxy
