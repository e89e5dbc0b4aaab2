// What an answer teaches about the farm: where shells live and end, which server is full, who may log in.
#include "winrmlb/proxy/session.h"
#include "winrmlb/winrm/fault.h"

namespace winrmlb::proxy {

using balance::PinKind;
using winrm::Action;
using winrm::FaultCode;

bool was_served(const Exchange& exchange) noexcept {
  if (exchange.status / 100 == 2) return true;
  if (exchange.status != 500 || exchange.fault() == 0) return false;
  switch (winrm::class_of(exchange.fault())) {
    case winrm::FaultClass::PollTimeout:
    case winrm::FaultClass::Busy:
    case winrm::FaultClass::Other:
      return true;
    case winrm::FaultClass::ShellLost:
    case winrm::FaultClass::Quota:
    case winrm::FaultClass::ServiceDisabled:
    case winrm::FaultClass::AccessDenied:
    case winrm::FaultClass::Transport:
      return false;
  }
  return false;
}

void Session::report(ServerId server, health::PassiveSignal signal, const Uuid& shell) {
  if (worker_.report_passive) worker_.report_passive(server, signal, shell);
}

void Session::learn(Exchange& exchange) {
  if (exchange.status == 0 || !exchange.choice.server) return;
  if (exchange.status == 503) report(*exchange.choice.server, health::PassiveSignal::Status503, {});
  learn_from_login(exchange);
  if (!exchange.visible) return;
  if (was_served(exchange)) learn_pin_use(exchange);
  if (exchange.status / 100 == 2) {
    learn_from_success(exchange);
  } else if (exchange.fault() != 0) {
    learn_from_fault(exchange);
  }
}

// The server has taken the login and knows what the message named: now the use counts.
void Session::learn_pin_use(Exchange& exchange) {
  if (!exchange.unproven_pin) return;
  const auto& message = exchange.message;
  const auto note = [&](const std::optional<Uuid>& id) {
    return id && pool().shells().use(*id, *exchange.unproven_pin, client(), worker_.now());
  };
  switch (*exchange.unproven_pin) {
    case PinKind::Shell:
      known_shell_ = *message.shell;
      if (!note(message.shell)) exchange.server_had_pin = false;  // it ran out under a poll: learned anew
      return;
    case PinKind::Enumeration:
      note(message.enumeration_context);
      return;
    case PinKind::ClientSession:
      note(message.session);
      return;
  }
}

void Session::learn_from_success(const Exchange& exchange) {
  const auto& message = exchange.message;
  const auto& answer = exchange.answer->facts;
  const ServerId server = *exchange.choice.server;
  auto& shells = pool().shells();
  const auto pin = [&](const Uuid& id, PinKind kind, std::optional<Duration> idle_limit) {
    shells.learn(
        {.id = id,
         .kind = kind,
         .server = server,
         .client = client(),
         .user = user_,
         .resource = kind == PinKind::Shell && exchange.asked ? std::string_view(exchange.asked->resource)
                                                              : std::string_view(),
         .idle_limit = idle_limit},
        worker_.now());
  };
  learn_found_shell(exchange);
  switch (message.action) {
    case Action::Create: {
      const auto& shell = answer.shell ? answer.shell : message.shell;
      std::optional<Duration> idle_limit;
      if (answer.idle_timeout_ms) idle_limit = milliseconds(*answer.idle_timeout_ms);
      if (shell) {
        pin(*shell, PinKind::Shell, idle_limit);
        ++tally_.shells;
      }
      if (message.session) pin(*message.session, PinKind::ClientSession, idle_limit);
      return;
    }
    case Action::Delete:
      if (message.shell) shells.end(*message.shell, PinKind::Shell, server);
      return;
    case Action::Enumerate:
    case Action::Pull:
      if (answer.enumeration_context) pin(*answer.enumeration_context, PinKind::Enumeration, std::nullopt);
      return;
    case Action::Release:
      if (message.enumeration_context) shells.end(*message.enumeration_context, PinKind::Enumeration, server);
      return;
    case Action::Command:
      ++tally_.commands;
      return;
    case Action::None:
    case Action::Identify:
    case Action::Get:
    case Action::Put:
    case Action::Send:
    case Action::Receive:
    case Action::Signal:
    case Action::Disconnect:
    case Action::Reconnect:
    case Action::Connect:
    case Action::Subscribe:
    case Action::Events:
    case Action::FullDuplex:
    case Action::Fault:
    case Action::Other:
      return;
  }
}

// A shell that was not known here, and that its server knows: made through another balancer, or before a
// restart.
void Session::learn_found_shell(const Exchange& exchange) {
  const auto& message = exchange.message;
  if (!message.shell || exchange.server_had_pin || message.action == Action::Create ||
      message.action == Action::Delete) {
    return;
  }
  pool().shells().learn({.id = *message.shell,
                         .server = *exchange.choice.server,
                         .client = client(),
                         .user = user_,
                         .resource = {},
                         .idle_limit = {}},
                        worker_.now());
}

void Session::learn_from_fault(const Exchange& exchange) {
  const ServerId server = *exchange.choice.server;
  const auto fault_class = winrm::class_of(exchange.fault());
  if (auto* traffic = pool_entry().traffic_of(server, worker_.index))
    traffic->faults[static_cast<std::size_t>(fault_class)].add();
  switch (fault_class) {
    case winrm::FaultClass::ShellLost:
      if (!exchange.message.shell) return;
      pool().shells().end(*exchange.message.shell, PinKind::Shell, server);
      // Only a shell that we believed in says something about the server.
      if (exchange.server_had_pin && exchange.pin_was_fresh)
        report(server, health::PassiveSignal::ShellLost, *exchange.message.shell);
      return;
    case winrm::FaultClass::Quota:
      if (exchange.message.action == Action::Create && winrm::is_full(exchange.fault()))
        pool().mark_full(server, worker_.now());
      report(server, health::PassiveSignal::QuotaFault, {});
      return;
    case winrm::FaultClass::ServiceDisabled:
      report(server, health::PassiveSignal::ServiceDisabled, {});
      return;
    case winrm::FaultClass::PollTimeout:
      learn_found_shell(exchange);
      return;
    case winrm::FaultClass::Busy:
    case winrm::FaultClass::AccessDenied:
    case winrm::FaultClass::Transport:
    case winrm::FaultClass::Other:
      return;
  }
}

}  // namespace winrmlb::proxy
