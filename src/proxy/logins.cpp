// What the answers teach about logins: outcomes for the counters, reasons for the operator, and who has to be
// kept from trying on.
#include "winrmlb/proxy/channel_binding.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::proxy {

using telemetry::Level;
using winrm::LoginOutcome;
using winrm::Refusal;

// Why a login fails depends on whose name its ticket is for, and on which certificate it is bound to.
void Session::tell_login(ServerId server) {
  if (!login_.is_leg()) return;
  const auto* member = pool().member(server);
  if (!member) return;
  auto channel = winrm::Channel::Plain;
  if (listener().tls) {
    const bool same =
        channel_binding(listener(), snapshot_->pools[pool_], member->settings.host) == ChannelBinding::Holds;
    channel = same ? winrm::Channel::TlsSameCertificate : winrm::Channel::Tls;
  }
  login_.goes_to(member->settings.host, channel);
}

void Session::learn_from_login(const Exchange& exchange) {
  const auto& event = exchange.answer->login;
  const ServerId server = *exchange.choice.server;
  auto* traffic = pool_entry().traffic_of(server, worker_.index);
  if (event.outcome != LoginOutcome::None) {
    worker_.counters.logins[static_cast<std::size_t>(event.scheme)][static_cast<std::size_t>(event.outcome)]
        .add();
    if (traffic) traffic->logins[static_cast<std::size_t>(event.outcome)].add();
  }
  if (event.refusal != Refusal::None) {
    worker_.counters.refusals[static_cast<std::size_t>(event.refusal)].add();
    log_refusal(exchange);
  }
  if (exchange.login_is_known && event.outcome == LoginOutcome::Succeeded) return;
  warn_of_clear_password(exchange);
  const bool accepted = event.outcome == LoginOutcome::Succeeded && event.scheme == winrm::Scheme::Basic;
  accepted_login_ = accepted ? exchange.login_hash : 0;
  if (!worker_.login_guard || user_.empty()) return;
  if (event.outcome == LoginOutcome::Succeeded) worker_.login_guard->succeeded(who(), server, worker_.now());
  if (event.outcome != LoginOutcome::Failed || !event.tried_password) return;
  const auto verdict = worker_.login_guard->failed(who(), server, worker_.now());
  const auto tell = [&](std::string_view what) {
    worker_.log.write(Level::Warn, std::string(what),
                      {{"user", user_},
                       {"client", client_endpoint_.address.text()},
                       {"pool", pool().name()},
                       {"server", std::string(name_of_server(server))}});
  };
  if (verdict.blocks_now) {
    tell(
        "logins of this user from this address are refused for a while: too many have failed, and the "
        "account "
        "might be locked");
  }
  if (verdict.many_addresses) tell("logins of this user fail from many addresses");
  if (verdict.accepted_by) {
    if (traffic) traffic->account_mismatches.add();
    tell("account mismatch: this server rejects a user whom " +
         std::string(name_of_server(*verdict.accepted_by)) +
         " accepted; compare the account's password and state on both");
  }
}

// Once for each listener: an operator may not know that his clients do so.
void Session::warn_of_clear_password(const Exchange& exchange) {
  const auto& event = exchange.answer->login;
  const bool in_clear = event.scheme == winrm::Scheme::Basic && event.outcome == LoginOutcome::Succeeded &&
                        !listener().settings.tls;
  if (!in_clear || !listener().admission || !listener().admission->note_clear_password()) return;
  worker_.log.write(
      Level::Warn,
      "passwords come in clear: clients log in by Basic without TLS; let them use the TLS port, or "
      "deny Basic here (schemes)",
      {{"listener", listener().settings.name}, {"client", client_endpoint_.address.text()}});
}

// At most once a second and worker, like errors.
void Session::log_refusal(const Exchange& exchange) {
  if (!worker_.log.writes(Level::Warn)) return;
  const auto& login = exchange.answer->login;
  auto& limit = worker_.refusal_limits[static_cast<std::size_t>(login.refusal)];
  const auto held_back = limit.pass(worker_.now());
  if (!held_back) return;
  worker_.log.write(Level::Warn, "a login was refused: " + winrm::explain(login.refusal, login_.target()),
                    {{"refusal", std::string(winrm::name_of(login.refusal))},
                     {"scheme", std::string(winrm::name_of(login.scheme))},
                     {"user", user_},
                     {"client", client_endpoint_.text()},
                     {"pool", pool().name()},
                     {"server", std::string(name_of_server(*exchange.choice.server))},
                     {"more", static_cast<std::int64_t>(*held_back)}});
}

// Also of one that a reload took out of the pool while a session goes on with it.
std::string_view Session::name_of_server(ServerId server) const {
  const auto* member = pool().member(server);
  if (!member && link_->pool) member = link_->pool->member(server);
  return member ? std::string_view(member->state->name) : std::string_view();
}

}  // namespace winrmlb::proxy
