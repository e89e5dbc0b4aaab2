// Step 3, choose: which server, and why. The decision itself is balance::choose(); a session that has a
// server connection keeps it, unless it may use others and its message names a shell that lives elsewhere.
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using balance::PinKind;
using balance::Reason;

namespace {
// A shell that was used this lately and is not known says something about its server.
constexpr seconds kFresh{60};
}  // namespace

Status Session::choose(Exchange& exchange) {
  choose_pool(exchange);
  exchange.was_routed = true;
  if (exchange.retry && exchange.retry->next) {
    exchange.choice = *std::exchange(exchange.retry->next, std::nullopt);
  } else {
    const auto now = worker_.now();
    const auto pin = pin_of(exchange, now);
    exchange.choice = decide(exchange, pin, now);
    const bool by_pin = pin && exchange.choice.server == pin->server;
    exchange.server_had_pin = by_pin && pin->kind == PinKind::Shell;
    exchange.pin_was_fresh = by_pin && now - pin->last_used < kFresh;
    exchange.unproven_pin = by_pin && !pin->noted ? std::optional(pin->kind) : std::nullopt;
    if (!exchange.server_had_pin) known_shell_ = Uuid();  // it may be hunted for
  }
  if (!exchange.choice.server) {
    return exchange.choice.reason == Reason::Pinned
               ? Error{ErrorCode::ShellServerDown, Side::Server, "the server that holds this shell is down"}
               : Error{ErrorCode::NoServer, Side::Server, "no server of the pool is fit"};
  }
  use_link(*exchange.choice.server);
  return Done{};
}

// First match decides.
balance::Choice Session::decide(Exchange& exchange, const std::optional<Pin>& pin, TimePoint now) {
  if (bound_ && link_->server) {
    if (pin && pin->server != *link_->server) worker_.counters.pin_conflicts.add();
    return {*link_->server, Reason::Bound};
  }
  if (pin) {
    const auto choice = follow(pin->server, pin->kind == PinKind::Shell, now);
    if (choice.server && link_->server && *link_->server != *choice.server)
      worker_.counters.splits_prevented.add();
    if (choice.reason == Reason::Pinned) return choice;
  }
  if (auto* home = home_ ? link_to(*home_) : nullptr) {
    if (keeps(*home_) && !leaves_home(exchange)) return {*home_, Reason::Affinity};
    if (!keeps(*home_)) exchange.unfit_link = home;
  } else if (exchange.cookie_server) {
    const auto choice = follow(*exchange.cookie_server, false, now);
    if (choice.reason == Reason::Pinned) {
      home_ = choice.server;  // the cookie stands in for the address
      return choice;
    }
  } else if (is_spread()) {
    return pool().place_session(client(), now);
  }
  const auto choice = pool().route({.client = client(),
                                    .bound = {},
                                    .pinned = {},
                                    .creates_shell = exchange.message.action == winrm::Action::Create,
                                    .user = user_},
                                   now);
  exchange.at.mark(&Timeline::chosen, worker_.now());
  return choice;
}

// What the message names and where that lives, most particular first. A use of it is noted at once, for as
// long as it may last, only where the session has been served with that shell before: who may be nobody must
// not keep a pin alive, or hold a server by it.
std::optional<Session::Pin> Session::pin_of(const Exchange& exchange, TimePoint now) {
  if (!exchange.visible) return std::nullopt;
  auto& shells = pool().shells();
  const auto& message = exchange.message;
  const bool polls = message.action == winrm::Action::Receive;
  const milliseconds lasting{polls ? message.operation_timeout_ms.value_or(0) : 0};
  const auto find = [&](const std::optional<Uuid>& id, PinKind kind) -> std::optional<Pin> {
    if (!id) return std::nullopt;
    const bool notes = kind == PinKind::Shell && has_proven(exchange, *id);
    const auto use = notes ? shells.use(*id, kind, client(), now, lasting) : shells.look_up(*id, kind, now);
    if (!use) return std::nullopt;
    return Pin{use->server, use->last_used, kind, notes};
  };
  if (message.action == winrm::Action::Create) return std::nullopt;  // it asks for a new one
  if (message.shell) return find(message.shell, PinKind::Shell);
  if (auto pin = find(message.enumeration_context, PinKind::Enumeration)) return pin;
  return find(message.session, PinKind::ClientSession);
}

// By the login that this message goes by, too.
bool Session::has_proven(const Exchange& exchange, const Uuid& shell) const noexcept {
  return shell == known_shell_ && (bound_ ? !exchange.brings_login : exchange.login_is_known);
}

// The server that a pin or a cookie names, as far as its state allows.
balance::Choice Session::follow(ServerId server, bool is_shell, TimePoint now) {
  return pool().route({.client = client(), .bound = {}, .pinned = server, .pin_is_shell = is_shell}, now);
}

// A new shell need not go where a drain wants to see the last one end.
bool Session::leaves_home(const Exchange& exchange) const noexcept {
  if (exchange.message.action != winrm::Action::Create || bound_) return false;
  const auto* member = pool().member(*home_);
  return member && member->state->mode.load(std::memory_order_relaxed) == config::ServerMode::Drain;
}

// An open connection is as good as its server; one that has left the pool goes on with what it has.
bool Session::keeps(ServerId server) const noexcept {
  const auto* member = pool().member(server);
  return !member || member->state->keeps_old();
}

}  // namespace winrmlb::proxy
