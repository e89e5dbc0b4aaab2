#include "winrmlb/app/cli.h"

#include <iostream>

#include "winrmlb/app/upgrade.h"
#include "winrmlb/config/settings.h"
#include "winrmlb/core/text.h"

namespace winrmlb::app::cli {

namespace {

constexpr const char* kFooter =
    "Begin with:     winrm-lb check FILE   then   winrm-lb run --config FILE\n"
    "Look around:    winrm-lb status, top, clients, shells, sessions, explain\n"
    "Patch a server: winrm-lb drain ps1 --wait --deadline 30m, then winrm-lb ready ps1\n"
    "\n"
    "Each command tells more with --help. All but run, check, version, completion and manual ask the "
    "running\n"
    "process over its control socket: whoever is in the socket's group may look, its owner and root may\n"
    "change things.\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done, and standard error says why; 2 the configuration has "
    "mistakes;\n"
    "3 a drain's deadline cut something, or an audit found problems; above 100 a command line that makes no "
    "sense.";

}  // namespace

CommandLine::CommandLine()
    : app("A layer-7 load balancer that knows WinRM", "winrm-lb"), socket(config::Admin{}.socket) {
  app.footer(kFooter);
  app.set_version_flag("--version", "winrm-lb " WINRMLB_VERSION, "Print the version");
  app.require_subcommand(1);
  add_process_commands(*this);
  add_show_commands(*this);
  add_top_command(*this);
  add_server_commands(*this);
  add_client_commands(*this);
  add_document_commands(*this);
}

int CommandLine::run(int argc, char** argv) {
  words.assign(argv, argv + argc);
  if (!words.empty()) words.front() = installed_program(argv[0]);
  CLI11_PARSE(app, argc, argv);
  try {
    return chosen();
  } catch (const std::exception& failure) {  // start-up only: a log file that cannot be opened, no memory
    return fail(failure.what());
  }
}

CLI::App* add_command(CommandLine& line, std::string_view name, std::string_view help,
                      std::string_view footer, std::function<int()> run) {
  auto* command = line.app.add_subcommand(std::string(name), std::string(help));
  command->footer(std::string(footer));
  command->callback([&line, run = std::move(run)] { line.chosen = run; });
  return command;
}

CLI::App* add_asking(CommandLine& line, std::string_view name, std::string_view help, std::string_view footer,
                     std::function<int()> run) {
  auto* command = add_command(line, name, help, footer, std::move(run));
  command->add_option("--socket", line.socket, "The control socket (admin.socket)")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_flag("--json", line.as_json, "JSON, stable for programs: what the API answers");
  return command;
}

int show(const CommandLine& line, const Result<admin::Reply>& reply, const Text& text) {
  if (!reply) return fail(reply.error().detail);
  std::cout << (line.as_json ? reply->body + "\n" : text(reply->json)) << std::flush;
  return kDone;
}

int fail(std::string_view what) {
  std::cerr << "winrm-lb: " << what << "\n";
  return kFailed;
}

std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char unit = text.back();
  const std::int64_t factor = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : 0;
  const auto number = parse_unsigned(text.substr(0, text.size() - 1), 2'592'000);
  if (factor == 0 || !number) return std::nullopt;
  return static_cast<std::int64_t>(*number) * factor;
}

std::string server_target(std::string_view pool, std::string_view server) {
  return "/pools/" + admin::percent_encoded(pool.empty() ? "-" : pool) + "/servers/" +
         admin::percent_encoded(server);
}

std::string client_target(std::string_view pool, std::string_view client) {
  return "/pools/" + admin::percent_encoded(pool.empty() ? "-" : pool) + "/clients/" +
         admin::percent_encoded(client);
}

void add_query(std::string& target, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += std::string(name) + "=" + admin::percent_encoded(value);
}

}  // namespace winrmlb::app::cli
