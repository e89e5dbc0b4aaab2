#include <iostream>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "help.h"
#include "winrmlb/admin/control_client.h"
#include "winrmlb/admin/status.h"
#include "winrmlb/app/audit.h"
#include "winrmlb/app/control.h"
#include "winrmlb/app/server_command.h"
#include "winrmlb/config/load.h"
#include "winrmlb/net/tls_memory.h"

namespace {

using winrmlb::admin::ask;

// 0: done. CLI11 has codes of its own, above 100, for a command line that makes no sense.
constexpr int kFailed = 1;
constexpr int kMistakes = 2;

int report(const std::string& file, const winrmlb::config::Loaded& loaded) {
  for (const auto& warning : loaded.warnings)
    std::cerr << "warning: " << winrmlb::config::render(warning);
  for (const auto& mistake : loaded.mistakes)
    std::cerr << winrmlb::config::render(mistake);
  if (loaded.settings) return 0;
  const auto count = loaded.mistakes.size();
  std::cerr << file << ": " << count << (count == 1 ? " mistake" : " mistakes") << "\n";
  return kMistakes;
}

int check(const std::string& file, bool print, bool probe, bool as_json) {
  const auto loaded = winrmlb::config::load_file(file);
  if (const int code = report(file, loaded); code != 0) return code;
  if (probe) return winrmlb::app::print_audit(*loaded.settings, as_json);
  if (print) {
    std::cout << winrmlb::config::effective_yaml(*loaded.settings);
  } else {
    std::cout << file << ": good\n";
  }
  return 0;
}

int run(winrmlb::app::RunOptions options) {
  options.takeover = winrmlb::app::Takeover::from_environment();
  auto loaded = winrmlb::config::load_file(options.config_file);
  if (const int code = report(options.config_file, loaded); code != 0) {
    if (options.takeover) options.takeover->failed(winrmlb::config::render(loaded.mistakes.front()));
    return code;
  }
  winrmlb::app::Control control(options, *loaded.settings);
  const auto status = control.run();
  if (status) return 0;
  std::cerr << "winrm-lb: " << status.error().detail << "\n";
  return kFailed;
}

// Asks the running process and prints its answer as JSON, or as `text` makes it.
template <typename Text>
int answer(const std::string& socket, const boost::json::object& request, bool as_json, Text text) {
  const auto got = ask(socket, request);
  if (!got) {
    std::cerr << "winrm-lb: " << got.error().detail << "\n";
    return kFailed;
  }
  std::cout << (as_json ? boost::json::serialize(*got) + "\n" : text(*got));
  return 0;
}

struct Options {
  winrmlb::app::RunOptions run;
  std::string file;
  std::string socket = winrmlb::config::Admin{}.socket;
  std::string client;
  std::string pool;
  // Of explain: what routes go by. Named as in the request.
  std::string listener, sni, host, path, resource, user, shell;
  bool as_json = false;
  bool print = false;
  bool probe = false;
  winrmlb::app::ServerCommand server;
};

// Drain, ready and maintenance share what they are told.
int change_server(const Options& options, winrmlb::config::ServerMode mode) {
  auto command = options.server;
  command.mode = mode;
  command.socket = options.socket;
  command.pool = options.pool;
  command.as_json = options.as_json;
  return winrmlb::app::run(command);
}

void add_server_commands(CLI::App& app, Options& options) {
  namespace help = winrmlb::app::help;
  auto* drain =
      app.add_subcommand("drain", "Take a server out: it keeps what lives there and takes nobody new");
  auto* ready = app.add_subcommand("ready", "Bring a server back into service");
  auto* maintenance =
      app.add_subcommand("maintenance", "Take a server out at once; sessions end after their exchange");
  drain->add_flag("--wait", options.server.wait, "Stay until it is empty, and say who holds on");
  drain
      ->add_option("--deadline", options.server.deadline,
                   "End what is left after this time, between exchanges (90s, 10m, 2h)")
      ->type_name("TIME");
  for (auto* command : {drain, ready, maintenance}) {
    command->add_option("server", options.server.server, "The server's name")
        ->required()
        ->type_name("SERVER");
    command->add_option("--pool", options.pool, "The pool, if more than one has such a server")
        ->type_name("NAME");
    command->add_option("--socket", options.socket, "The control socket (admin.socket)")
        ->capture_default_str()
        ->type_name("FILE");
    command->add_flag("--json", options.as_json, "JSON, stable for programs");
    command->footer(help::kServer);
  }
}

int dispatch(const CLI::App& app, const Options& options) {
  if (app.got_subcommand("run")) return run(options.run);
  if (app.got_subcommand("check")) return check(options.file, options.print, options.probe, options.as_json);
  if (app.got_subcommand("status")) {
    return answer(options.socket, {{"command", "status"}}, options.as_json, winrmlb::admin::status_text);
  }
  if (app.got_subcommand("explain")) {
    boost::json::object request{{"command", "explain"}, {"client", options.client}};
    for (const auto& [name, value] : {std::pair{"pool", &options.pool},
                                      {"listener", &options.listener},
                                      {"sni", &options.sni},
                                      {"host", &options.host},
                                      {"path", &options.path},
                                      {"resource", &options.resource},
                                      {"user", &options.user},
                                      {"shell", &options.shell}}) {
      if (!value->empty()) request[name] = *value;
    }
    return answer(options.socket, request, options.as_json, [](const auto& got) {
      const auto* route = got.if_contains("route");
      return (route ? std::string(route->as_string()) + "\n" : std::string()) +
             std::string(got.at("text").as_string()) + "\n";
    });
  }
  if (app.got_subcommand("reload")) {
    return answer(options.socket, {{"command", "reload"}}, options.as_json, [](const auto& got) {
      return "reloaded, revision " + boost::json::serialize(got.at("revision")) + "\n";
    });
  }
  using winrmlb::config::ServerMode;
  if (app.got_subcommand("drain")) return change_server(options, ServerMode::Drain);
  if (app.got_subcommand("ready")) return change_server(options, ServerMode::Ready);
  if (app.got_subcommand("maintenance")) return change_server(options, ServerMode::Maintenance);
  std::cout << "winrm-lb " WINRMLB_VERSION "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  winrmlb::net::keep_tls_buffers();
  namespace help = winrmlb::app::help;
  CLI::App app{"A layer-7 load balancer that knows WinRM", "winrm-lb"};
  app.footer(help::kProgram);
  app.set_version_flag("--version", "winrm-lb " WINRMLB_VERSION);
  app.require_subcommand(1);
  Options options;
  options.run.command_line.assign(argv, argv + argc);
  options.run.command_line.front() = winrmlb::app::installed_program(argv[0]);

  auto* run_command = app.add_subcommand("run", "Serve, in the foreground; SIGHUP reloads, SIGTERM ends");
  run_command->footer(help::kRun);
  run_command->add_option("-c,--config", options.run.config_file, "The configuration")
      ->required()
      ->type_name("FILE");
  run_command->add_flag("--print-ports", options.run.print_ports,
                        "Once serving, print one line of JSON with the bound addresses (for port 0)");

  auto* check_command =
      app.add_subcommand("check", "Say whether a configuration is good, and all that is wrong with it");
  check_command->footer(help::kCheck);
  check_command->add_option("file", options.file, "The configuration")->required()->type_name("FILE");
  check_command->add_flag("--print", options.print,
                          "Print every setting that would be in force, defaults included");

  check_command->add_flag("--probe", options.probe,
                          "Ask every server as well, and say which clients would fail there and why");
  check_command->add_flag("--json", options.as_json, "With --probe: JSON, stable for programs");

  auto* status_command =
      app.add_subcommand("status", "Show listeners, pools and servers, and why each is as it is");
  auto* explain_command = app.add_subcommand("explain", "Say which server a client address goes to, and why");
  explain_command->add_option("--client", options.client, "The client's address")
      ->required()
      ->type_name("ADDRESS");
  explain_command->add_option("--pool", options.pool, "The pool, if there is more than one")
      ->type_name("NAME");
  explain_command
      ->add_option("--listener", options.listener, "By which listener it comes: then its routes count")
      ->type_name("NAME");
  explain_command->add_option("--sni", options.sni, "With --listener: the name that its TLS asks for");
  explain_command->add_option("--host", options.host, "With --listener: its Host field");
  explain_command->add_option("--path", options.path, "With --listener: the path of its request");
  explain_command->add_option("--resource", options.resource, "With --listener: its resource URI");
  explain_command->add_option("--user", options.user, "With --listener: the user that its login shows");
  explain_command->add_option("--shell", options.shell, "The shell that its message names")->type_name("ID");
  auto* reload_command =
      app.add_subcommand("reload", "Read the configuration again, as SIGHUP does, and say how it went");
  for (auto* command : {status_command, explain_command, reload_command}) {
    command->add_option("--socket", options.socket, "The control socket (admin.socket)")
        ->capture_default_str()
        ->type_name("FILE");
    command->add_flag("--json", options.as_json, "JSON, stable for programs");
  }
  status_command->footer(help::kStatus);
  explain_command->footer(help::kExplain);
  reload_command->footer(help::kReload);
  add_server_commands(app, options);
  app.add_subcommand("version", "Print the version");

  CLI11_PARSE(app, argc, argv);
  try {
    return dispatch(app, options);
  } catch (const std::exception& failure) {  // start-up only: a log file that cannot be opened, no memory
    std::cerr << "winrm-lb: " << failure.what() << "\n";
    return kFailed;
  }
}
