// Step 3, choose: which server, and why. The decision itself is balance::choose(); a session that has a
// server connection keeps it.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

Status Session::choose(Exchange& exchange) {
  if (server_id_) {
    exchange.choice = {*server_id_, bound_ ? balance::Reason::Bound : balance::Reason::Affinity};
    exchange.at.chosen = exchange.at.connected = exchange.at.secured = exchange.at.read;
    return Done{};
  }
  exchange.choice = pool().route({.client = client(), .bound = {}, .pinned = {}}, worker_.now());
  exchange.at.chosen = worker_.now();
  if (!exchange.choice.server)
    return Error{ErrorCode::NoServer, Side::Server, "no server of the pool is fit"};
  return Done{};
}

}  // namespace winrmlb::proxy
