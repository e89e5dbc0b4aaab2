#include "checks.h"

#include "logged_in.h"
#include "winrmlb/net/clock.h"
#include "winrmlb/winrm/fault.h"
#include "winrmlb/winrm/identify.h"
#include "winrmlb/winrm/remote_shell.h"

namespace winrmlb::health {

namespace {

constexpr seconds kDeleteWithin{5};  // even if the rest took all the time there was
constexpr std::uint32_t kNothingYet = static_cast<std::uint32_t>(winrm::FaultCode::OperationTimedOut);

bool passed(const Finding& finding) noexcept { return finding.evidence == Evidence::Pass; }

Finding certificate_finding(Conversation& talk, const CheckOrder& order,
                            std::optional<seconds>& certificate_ends_in) {
  const auto end = talk.tls() ? talk.tls()->certificate_end() : std::nullopt;
  if (!end) return {};
  certificate_ends_in = std::chrono::duration_cast<seconds>(*end - order.wall_now);
  if (order.probe == config::Probe::Tls && certificate_ends_in->count() <= 0)
    return {Evidence::BadTls, "its certificate has expired"};
  return {};
}

net::Task<Finding> identify(Conversation& talk, const CheckOrder& order) {
  const std::string fields = std::string(winrm::kIdentifyField) + "\r\nConnection: close\r\n";
  Finding asked = co_await talk.ask(order.place, fields, winrm::kIdentifyContentType, winrm::kIdentifyBody);
  if (!passed(asked)) co_return asked;
  if (talk.status() == 200 && winrm::is_identify_response(talk.body())) co_return Finding{};
  co_return unfit_answer(talk.status(), talk.body(), "IdentifyResponse");
}

net::Task<Finding> authenticated(Conversation& talk, const CheckOrder& order) {
  LoggedIn account(talk, order);
  Finding asked = co_await account.ask(winrm::kIdentifyBody);
  if (!passed(asked)) co_return asked;
  if (talk.status() == 200 && winrm::is_identify_response(account.body())) co_return Finding{};
  co_return unfit_answer(talk.status(), account.body(), "IdentifyResponse");
}

// A shell's life, but for its end.
struct ShellRun {
  const CheckOrder& order;
  LoggedIn account;
  std::string to;
  std::string shell_id;
  std::string command_id;
  std::uint64_t messages = 0;

  ShellRun(Conversation& talk, const CheckOrder& of)
      : order(of),
        account(talk, of),
        to((of.place.tls ? "https://" : "http://") + of.place.host + ":" +
           std::to_string(of.place.endpoint.port) + "/wsman") {}

  std::string next_id() {
    return winrm::message_id(static_cast<std::uint64_t>(net::now().time_since_epoch().count()), ++messages);
  }
};

net::Task<Finding> read_all(Conversation& talk, ShellRun& run) {
  std::string output;
  for (;;) {
    const std::string id = run.next_id();
    const winrm::ShellMessage message{run.to, id, run.shell_id};
    const std::string content = winrm::make_receive(message, run.command_id);
    Finding asked = co_await run.account.ask(content);
    if (!passed(asked)) co_return asked;
    if (talk.status() == 500 && winrm::fault_code_of(run.account.body()) == kNothingYet) continue;
    const auto part = talk.status() == 200 ? winrm::read_output(run.account.body()) : std::nullopt;
    if (!part) co_return unfit_answer(talk.status(), run.account.body(), "output");
    output += part->standard_output;
    if (output.size() > Conversation::kMostBytes)
      co_return Finding{Evidence::WrongAnswer, "the command's output has no end"};
    if (!part->done) continue;
    if (output.find(run.order.settings.shell.expect) != std::string::npos) co_return Finding{};
    co_return Finding{Evidence::WrongAnswer,
                      "the command '" + run.order.settings.shell.command + "' did not give what is expected"};
  }
}

net::Task<Finding> use_shell(Conversation& talk, ShellRun& run) {
  std::string id = run.next_id();
  winrm::ShellMessage message{run.to, id, {}};
  std::string content = winrm::make_create(message);
  Finding asked = co_await run.account.ask(content);
  if (!passed(asked)) co_return asked;
  run.shell_id = winrm::shell_id_of(run.account.body());
  if (talk.status() != 200 || run.shell_id.empty())
    co_return unfit_answer(talk.status(), run.account.body(), "shell");

  id = run.next_id();
  message = {run.to, id, run.shell_id};
  content = winrm::make_command(message, run.order.settings.shell.command);
  asked = co_await run.account.ask(content);
  if (!passed(asked)) co_return asked;
  run.command_id = winrm::command_id_of(run.account.body());
  if (talk.status() != 200 || run.command_id.empty())
    co_return unfit_answer(talk.status(), run.account.body(), "command");

  Finding result = co_await read_all(talk, run);
  if (!talk.is_open() || result.evidence == Evidence::TimedOut) co_return result;
  id = run.next_id();
  message = {run.to, id, run.shell_id};
  content = winrm::make_terminate(message, run.command_id);
  asked = co_await run.account.ask(content);
  co_return result;
}

// Whatever happened before: a shell that stays behind eats the quota of its user for minutes.
net::Task<Finding> delete_shell(Conversation& talk, ShellRun& run, Evidence before) {
  talk.allow_until(net::now() + kDeleteWithin);
  talk.finish_in_spite_of_stop();
  if (before != Evidence::Pass && before != Evidence::WrongAnswer) {
    Finding opened = co_await talk.open(run.order.place);
    if (!passed(opened)) co_return opened;
    run.account.begin_anew();
  }
  const std::string id = run.next_id();
  const winrm::ShellMessage message{run.to, id, run.shell_id};
  const std::string content = winrm::make_delete(message);
  Finding asked = co_await run.account.ask(content);
  if (!passed(asked)) co_return asked;
  if (talk.status() == 200) co_return Finding{};
  Finding refused = unfit_answer(talk.status(), run.account.body(), "end of the shell");
  refused.detail = "its shell could not be deleted: " + refused.detail;
  co_return refused;
}

net::Task<Finding> shell(Conversation& talk, const CheckOrder& order) {
  ShellRun run(talk, order);
  Finding used = co_await use_shell(talk, run);
  if (run.shell_id.empty()) co_return used;
  Finding deleted = co_await delete_shell(talk, run, used.evidence);
  co_return passed(used) ? deleted : used;
}

}  // namespace

Finding unfit_answer(std::uint16_t status, std::string_view body, std::string_view wanted) {
  if (status == 503) return {Evidence::Unavailable, "the answer was 503: the WinRM service takes nothing"};
  if (status == 401) return {Evidence::LoginRefused, "the answer was 401: the login was refused"};
  std::string text = "the answer was " + std::to_string(status);
  if (const auto code = winrm::fault_code_of(body)) {
    const auto* row = winrm::find_fault(*code);
    text += " with fault " + std::to_string(*code) + (row ? " (" + std::string(row->name) + ")" : "");
  } else if (status == 200) {
    text += ", but no " + std::string(wanted);
  }
  return {Evidence::WrongAnswer, text};
}

net::Task<Finding> run_check(Conversation& talk, const CheckOrder& order,
                             std::optional<seconds>& certificate_ends_in) {
  Finding result = co_await talk.open(order.place);
  if (passed(result)) result = certificate_finding(talk, order, certificate_ends_in);
  if (passed(result)) {
    switch (order.probe) {
      case config::Probe::Tcp:
      case config::Probe::Tls:
        talk.reset_on_close();
        break;
      case config::Probe::Identify:
        result = co_await identify(talk, order);
        break;
      case config::Probe::Authenticated:
        result = co_await authenticated(talk, order);
        break;
      case config::Probe::Shell:
        result = co_await shell(talk, order);
        break;
    }
  }
  talk.close();
  co_return result;
}

}  // namespace winrmlb::health
