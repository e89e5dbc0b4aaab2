// What is done inside a shell: commands, input, output, signals, and the ways to leave and come back.
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/psrp.h"
#include "winrmlb/sim/service.h"

namespace winrmlb::sim {

namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;

constexpr auto kQuietly = boost::asio::as_tuple(use_awaitable);
constexpr std::size_t kMostQueued = 1024 * 1024;  // a command waits when so much output has not been fetched
constexpr std::size_t kEnvelopeFrame = 3072;      // what an answer needs besides its output
constexpr std::int32_t kControlC = -1073741510;   // 0xC000013A, what Windows gives a command ended by ctrl+c
constexpr std::string_view kState = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/";

std::string stream_element(std::string_view name, const std::string& command_id, std::string_view bytes) {
  std::string out = "<rsp:Stream Name=\"" + std::string(name) + "\"";
  if (!command_id.empty()) out += " CommandId=\"" + command_id + "\"";
  return out + ">" + base64_encode(bytes) + "</rsp:Stream>";
}

std::string end_element(std::string_view name, const std::string& command_id) {
  return "<rsp:Stream Name=\"" + std::string(name) + "\" CommandId=\"" + command_id + "\" End=\"true\"/>";
}

std::string receive_body(const Shell& shell, const std::string& command_id, Outlet& outlet,
                         std::size_t most) {
  std::string body = "<rsp:ReceiveResponse>";
  for (const auto& chunk : outlet.take(most)) {
    body += stream_element(chunk.stream == Stream::Out ? "stdout" : "stderr", command_id, chunk.bytes);
  }
  if (!command_id.empty()) {
    const bool ended = outlet.done && outlet.empty();
    if (ended) body += end_element("stdout", command_id);
    if (ended && !shell.psrp) body += end_element("stderr", command_id);
    body += "<rsp:CommandState CommandId=\"" + command_id + "\" State=\"" + std::string(kState) +
            (ended ? "Done\">" : "Running\">");
    if (ended) body += "<rsp:ExitCode>" + std::to_string(outlet.exit_code) + "</rsp:ExitCode>";
    body += "</rsp:CommandState>";
  }
  return body + "</rsp:ReceiveResponse>";
}

std::string command_id_of(const pugi::xml_node& node) {
  return normal_guid(node.attribute("CommandId").value());
}

}  // namespace

Surroundings Service::surroundings(const Caller& caller, Shell& shell) {
  return {options_.name, caller.user, &shell.variables,
          [this](const std::string& name) { return ++counters_[name]; }};
}

Reply Service::start_command(const SoapRequest& request, const Caller& caller, Shell& shell) {
  const auto line = child_of(request.body, ns::kShell, "CommandLine");
  if (!line) return fault(request, Fault::SchemaViolation);
  if (shells_.operations_of(caller.user) >= options_.quotas.operations_per_user) {
    return fault(request, Fault::QuotaOperations);
  }
  std::string id = command_id_of(line);
  if (id.empty()) id = new_guid();
  if (shell.commands.contains(id)) return fault(request, Fault::CommandExists);

  Command& command = shell.commands[id];
  command.id = id;
  ++shell.commands_started;
  if (shell.psrp) {
    const auto fragments = base64_decode(child_of(line, ns::kShell, "Arguments").text().get());
    start_pipeline(shell, command, fragments.value_or(""), caller);
  } else {
    std::string text = child_of(line, ns::kShell, "Command").text().get();
    for (const auto& argument : children_of(line, ns::kShell, "Arguments")) {
      text.append(" ").append(argument.text().get());
    }
    Plan plan = interpret(text, surroundings(caller, shell));
    command.echo_input = plan.echo_input;
    boost::asio::co_spawn(executor_, run(std::make_shared<const Plan>(std::move(plan)), command.outlet),
                          boost::asio::detached);
  }
  Reply reply = success(
      request, "<rsp:CommandResponse><rsp:CommandId>" + id + "</rsp:CommandId></rsp:CommandResponse>");
  reply.command_id = id;
  return reply;
}

// A pipeline's script goes through the interpreter; its output comes back as one string when it is over.
void Service::start_pipeline(Shell& shell, Command& command, const std::string& fragments,
                             const Caller& caller) {
  const auto opening = psrp::read_opening(fragments);
  Plan plan =
      interpret_powershell(opening ? psrp::script_of(opening->data) : "", surroundings(caller, shell));
  milliseconds pause{0};
  std::string text;
  for (const auto& step : plan.steps) {
    pause += step.pause;
    for (std::uint64_t i = 0; i < step.repeat && text.size() < kMostQueued; ++i)
      text += step.text;
  }
  while (text.ends_with("\n") || text.ends_with("\r"))
    text.pop_back();
  Plan result;
  result.steps.push_back({pause, Stream::Out,
                          psrp::pipeline_result(opening ? opening->pool_id : shell.pool_id,
                                                opening ? opening->pipeline_id : "", text),
                          1});
  boost::asio::co_spawn(executor_, run(std::make_shared<const Plan>(std::move(result)), command.outlet),
                        boost::asio::detached);
}

// Follows a plan: waits, puts output, waits for room. Ends early when the outlet is closed or finished by a
// signal.
awaitable<void> Service::run(std::shared_ptr<const Plan> plan, std::shared_ptr<Outlet> outlet) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  const auto over = [&] { return outlet->closed || outlet->done; };
  const auto pause_until = [&](TimePoint when) -> awaitable<void> {
    timer.expires_at(when);
    outlet->wake_producer = [&timer] { timer.cancel(); };
    co_await timer.async_wait(kQuietly);
    outlet->wake_producer = nullptr;
  };
  for (const auto& step : plan->steps) {
    const auto due = Clock::now() + step.pause;
    while (!over() && Clock::now() < due)
      co_await pause_until(due);
    for (std::uint64_t i = 0; i < step.repeat && !over(); ++i) {
      while (!over() && outlet->queued_bytes >= kMostQueued)
        co_await pause_until(TimePoint::max());
      outlet->put(step.stream, step.text);
    }
  }
  if (!plan->echo_input) outlet->finish(plan->exit_code);
}

Reply Service::send(const SoapRequest& request, Shell& shell) {
  const auto wanted = child_of(request.body, ns::kShell, "Send");
  for (const auto& stream : children_of(wanted, ns::kShell, "Stream")) {
    const auto id = command_id_of(stream);
    if (id.empty()) continue;  // input for the pool itself
    const auto command = shell.commands.find(id);
    if (command == shell.commands.end()) return fault(request, Fault::CommandNotFound);
    if (!command->second.echo_input) continue;
    if (auto bytes = base64_decode(stream.text().get()))
      command->second.outlet->put(Stream::Out, std::move(*bytes));
    const std::string_view end = stream.attribute("End").value();
    if (equals_ignoring_case(end, "true") || end == "1") command->second.outlet->finish(0);
  }
  return success(request, "<rsp:SendResponse/>");
}

awaitable<void> Service::receive(const SoapRequest& request, Shell& asked, Hangup& hangup, Reply& reply) {
  const std::string shell_id = asked.id;  // the shell may be deleted while this waits
  Shell* shell = &asked;
  const auto wanted = child_of(child_of(request.body, ns::kShell, "Receive"), ns::kShell, "DesiredStream");
  if (!wanted) {
    reply = fault(request, Fault::SchemaViolation);
    co_return;
  }
  const std::string id = command_id_of(wanted);
  std::shared_ptr<Outlet> outlet = shell->outlet;
  if (!id.empty()) {
    const auto command = shell->commands.find(id);
    if (command == shell->commands.end()) {
      reply = fault(request, Fault::CommandNotFound);
      co_return;
    }
    outlet = command->second.outlet;
  }
  if (outlet->receiving) {
    reply = fault(request, Fault::ReceiveInProgress);
    co_return;
  }

  const auto limit =
      std::min(request.operation_timeout.value_or(options_.timers.operation), options_.timers.operation);
  const auto due = Clock::now() + limit;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  outlet->receiving = true;
  ++shell->requests_pending;
  hangup.wake = [&timer] { timer.cancel(); };
  while (outlet->empty() && !outlet->done && !outlet->closed && !outlet->interrupted && !hangup.gone &&
         Clock::now() < due) {
    timer.expires_at(due);
    outlet->wake_receiver = [&timer] { timer.cancel(); };
    co_await timer.async_wait(kQuietly);
    outlet->wake_receiver = nullptr;
  }
  hangup.wake = nullptr;
  outlet->receiving = false;
  shell = shells_.find(shell_id);
  if (shell != nullptr) {
    --shell->requests_pending;
    shell->last_use = Clock::now();
  }
  if (hangup.gone) {
    reply.status = 0;  // nobody to answer; the output stays for whoever asks next
  } else if (outlet->closed || shell == nullptr) {
    reply = fault(request, outlet->closed.value_or(Fault::Aborted));
  } else if (outlet->interrupted) {
    reply = fault(request, *std::exchange(outlet->interrupted, std::nullopt));
  } else if (outlet->empty() && !outlet->done) {
    reply = fault(request, Fault::TimedOut);
  } else {
    const std::size_t envelope =
        std::max<std::size_t>(std::min(request.max_envelope_bytes, options_.quotas.envelope_bytes), 8192);
    reply = success(request, receive_body(*shell, id, *outlet, (envelope - kEnvelopeFrame) / 4 * 3));
  }
  reply.command_id = id;
}

Reply Service::signal(const SoapRequest& request, Shell& shell) {
  const auto wanted = child_of(request.body, ns::kShell, "Signal");
  const auto id = command_id_of(wanted);
  const std::string_view code = child_of(wanted, ns::kShell, "Code").text().get();
  const auto found = shell.commands.find(id);
  if (found == shell.commands.end()) return fault(request, Fault::CommandNotFound);
  // "crtl_c" is how PowerShell spells it.
  if (code.ends_with("/ctrl_c") || code.ends_with("/crtl_c") || code.ends_with("/ctrl_break")) {
    found->second.outlet->finish(kControlC);
  } else {
    found->second.outlet->close(Fault::Aborted);
    shell.commands.erase(found);
  }
  Reply reply = success(request, "<rsp:SignalResponse/>");
  reply.command_id = id;
  return reply;
}

Reply Service::remove(const SoapRequest& request, Shell& shell) {
  shells_.erase(std::string(shell.id), Fault::Aborted);
  return success(request, "");
}

Reply Service::disconnect(const SoapRequest& request, Shell& shell) {
  if (!shell.psrp) return fault(request, Fault::DisconnectNotSupported);
  shell.disconnected = true;
  shell.outlet->interrupt(Fault::StreamDisconnected);
  for (auto& [id, command] : shell.commands)
    command.outlet->interrupt(Fault::StreamDisconnected);
  return success(request, "<rsp:DisconnectResponse/>");
}

Reply Service::reconnect(const SoapRequest& request, Shell& shell) {
  if (!shell.psrp) return fault(request, Fault::DisconnectNotSupported);
  if (shell.session_id != request.session_id) return fault(request, Fault::SessionMismatch);
  shell.disconnected = false;
  return success(request, "<rsp:ReconnectResponse/>");
}

Reply Service::connect(const SoapRequest& request, Shell& shell) {
  if (!shell.psrp) return fault(request, Fault::DisconnectNotSupported);
  if (!shell.disconnected && shell.session_id != request.session_id) {
    return fault(request, Fault::ConnectedElsewhere);
  }
  shell.disconnected = false;
  shell.session_id = request.session_id;
  return success(
      request, "<rsp:ConnectResponse><connectResponseXml xmlns=\"http://schemas.microsoft.com/powershell\">" +
                   base64_encode(psrp::pool_connected(shell.pool_id)) +
                   "</connectResponseXml></rsp:ConnectResponse>");
}

}  // namespace winrmlb::sim
