// Step 3, choose: which server, and why. The decision itself is balance::choose(); a session that has a
// server connection keeps it, unless it may use others and its message names a shell that lives elsewhere.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using balance::PinKind;
using balance::Reason;

// What the message names and where that lives, most particular first. A use of it is noted.
std::optional<Session::Pin> Session::pin_of(const Exchange& exchange) {
  if (!exchange.visible) return std::nullopt;
  auto& shells = pool().shells();
  const auto now = worker_.now();
  const auto& message = exchange.message;
  const auto find = [&](const std::optional<Uuid>& id, PinKind kind) -> std::optional<Pin> {
    if (!id) return std::nullopt;
    const auto use = shells.use(*id, kind, client(), now);
    if (!use) return std::nullopt;
    return Pin{use->server, kind == PinKind::Shell};
  };
  if (message.action == winrm::Action::Create) return std::nullopt;  // it asks for a new one
  if (message.shell) return find(message.shell, PinKind::Shell);
  if (auto pin = find(message.enumeration_context, PinKind::Enumeration)) return pin;
  return find(message.session, PinKind::ClientSession);
}

Status Session::choose(Exchange& exchange) {
  choose_pool(exchange);
  exchange.was_routed = true;
  if (exchange.next) {
    exchange.choice = *std::exchange(exchange.next, std::nullopt);
    use_link(*exchange.choice.server);
    return Done{};
  }
  const auto pin = pin_of(exchange);
  exchange.server_had_pin = pin && pin->is_shell;
  if (exchange.server_had_pin) known_shell_ = *exchange.message.shell;
  if (bound_ && link_->server) {
    if (pin && pin->server != *link_->server) worker_.counters.pin_conflicts.add();
    exchange.choice = {*link_->server, Reason::Bound};
    return Done{};
  }
  if (pin) {
    const auto choice =
        pool().route({.client = client(), .bound = {}, .pinned = pin->server, .pin_is_shell = pin->is_shell},
                     worker_.now());
    if (choice.reason == Reason::Pinned) {
      exchange.choice = choice;
      if (!choice.server) {
        return Error{ErrorCode::ShellServerDown, Side::Server, "the server that holds this shell is down"};
      }
      if (link_->server && *link_->server != *choice.server) worker_.counters.splits_prevented.add();
      use_link(*choice.server);
      exchange.at.mark(&Timeline::chosen, worker_.now());
      return Done{};
    }
  }
  // Not the link used last: that may lead to a shell which an address of another server made.
  if (auto* home = home_ ? link_to(*home_) : nullptr) {
    if (keeps(*home_)) {
      link_ = home;
      exchange.choice = {*home_, Reason::Affinity};
      return Done{};
    }
    exchange.unfit_link = home;
  }
  if (!exchange.unfit_link && exchange.cookie_server) {
    const auto choice = pool().route(
        {.client = client(), .bound = {}, .pinned = exchange.cookie_server, .pin_is_shell = false},
        worker_.now());
    if (choice.reason == Reason::Pinned) {
      exchange.choice = choice;
      home_ = choice.server;  // the cookie stands in for the address
    }
  } else if (is_spread()) {
    exchange.choice = pool().place_session(client(), worker_.now());
  }
  if (exchange.choice.server) {
    use_link(*exchange.choice.server);
    return Done{};
  }
  exchange.choice = pool().route({.client = client(),
                                  .bound = {},
                                  .pinned = {},
                                  .creates_shell = exchange.message.action == winrm::Action::Create,
                                  .user = user_},
                                 worker_.now());
  exchange.at.mark(&Timeline::chosen, worker_.now());
  if (!exchange.choice.server)
    return Error{ErrorCode::NoServer, Side::Server, "no server of the pool is fit"};
  use_link(*exchange.choice.server);
  return Done{};
}

// An open connection is as good as its server; one that has left the pool goes on with what it has.
bool Session::keeps(ServerId server) const noexcept {
  const auto* member = pool().member(server);
  return !member || member->state->keeps_old();
}

}  // namespace winrmlb::proxy
