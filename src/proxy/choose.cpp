// Step 3, choose: which server, and why. The decision itself is balance::choose(); a session that has a
// server connection keeps it.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

Status Session::choose(Exchange& exchange) {
  choose_pool(exchange);
  exchange.was_routed = true;
  if (server_id_) {
    exchange.choice = {*server_id_, bound_ ? balance::Reason::Bound : balance::Reason::Affinity};
    return Done{};
  }
  exchange.choice = pool().route({.client = client(), .bound = {}, .pinned = {}}, worker_.now());
  exchange.at.mark(&Timeline::chosen, worker_.now());
  if (!exchange.choice.server)
    return Error{ErrorCode::NoServer, Side::Server, "no server of the pool is fit"};
  return Done{};
}

}  // namespace winrmlb::proxy
