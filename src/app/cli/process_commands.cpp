// Commands on the process as a whole: run, check, reload, log-level, version.
#include <iostream>

#include <boost/json/serialize.hpp>

#include "winrmlb/app/audit.h"
#include "winrmlb/app/cli.h"
#include "winrmlb/app/control.h"
#include "winrmlb/config/load.h"

namespace winrmlb::app::cli {

namespace {

constexpr const char* kRun =
    "Listens on the addresses of the configuration and relays until told to stop. What happens goes to the\n"
    "log, one line per exchange to the access log (log.file, log.access_file; standard output unless set).\n"
    "\n"
    "Signals:\n"
    "  SIGHUP           reads the configuration again and opens the logs by their names again. One with\n"
    "                   mistakes, or an address that cannot be bound, changes nothing and is logged\n"
    "  SIGTERM, SIGINT  not ready for shutdown.lead, then no new connection; sessions end after the "
    "exchange\n"
    "                   they are in, and what is left after shutdown.deadline is cut. A second one cuts at "
    "once\n"
    "  SIGUSR2          the program as it is installed now takes over, and no connection is lost. If it "
    "cannot,\n"
    "                   this one goes on, and the log says why\n"
    "\n"
    "Each session takes two descriptors: the soft limit is raised to the hard one (ulimit -Hn, "
    "LimitNOFILE=),\n"
    "and the log says how many sessions that holds. A second process on the same addresses is refused.\n"
    "\n"
    "Exit codes: 0 ended as told; 1 it could not start (an address in use, a certificate that does not "
    "fit);\n"
    "2 the configuration has mistakes.";

constexpr const char* kCheck =
    "Reads the file as a start and a reload do, and lists all mistakes at once, each as\n"
    "FILE:LINE:COLUMN: KEY: what is wrong, with the line and a caret. Warnings go along and do no harm.\n"
    "Servers are not contacted and nothing is bound.\n"
    "\n"
    "With --probe every server is asked, on the ports that clients come by: whether it answers and how "
    "fast,\n"
    "its certificate, the logins it offers, its clock and version; with health.account also whether that "
    "login\n"
    "works, and the server's quotas (WS-Management Get of winrm/config). Then what would fail and what to "
    "do:\n"
    "certificates that end, accounts and quotas that differ, clocks that Kerberos refuses, and whether NTLM "
    "and\n"
    "Kerberos clients with channel binding pass. One page to hand to the Windows team. The probes change\n"
    "nothing and no running process is needed.\n"
    "\n"
    "Examples:  winrm-lb check new.yaml && mv new.yaml winrm-lb.yaml && winrm-lb reload\n"
    "           winrm-lb check --probe winrm-lb.yaml\n"
    "\n"
    "Exit codes: 0 good; 1 a file that is named there cannot be used; 2 there are mistakes; 3 --probe found\n"
    "problems.";

constexpr const char* kReload =
    "What SIGHUP does, with an answer: the revision that is now in force, or all that is wrong. Then the "
    "old\n"
    "configuration goes on. No session is cut by either.\n"
    "\n"
    "Exit codes: 0 reloaded; 1 it was not.";

constexpr const char* kLogLevel =
    "Without a level it says which one is in force. One that is set holds until the next reload.\n"
    "\n"
    "Example:  winrm-lb log-level debug\n"
    "\n"
    "Exit codes: 0 done; 1 it could not be done.";

constexpr const char* kVersion =
    "Of this program. The running one's: winrm-lb status.\n"
    "\n"
    "Exit codes: 0 always.";

int report(const std::string& file, const config::Loaded& loaded) {
  for (const auto& warning : loaded.warnings)
    std::cerr << "warning: " << config::render(warning);
  for (const auto& mistake : loaded.mistakes)
    std::cerr << config::render(mistake);
  if (loaded.settings) return kDone;
  const auto count = loaded.mistakes.size();
  std::cerr << file << ": " << count << (count == 1 ? " mistake" : " mistakes") << "\n";
  return kMistakes;
}

struct Checked {
  std::string file;
  bool print = false;
  bool probe = false;
};

int check(const CommandLine& line, const Checked& what) {
  const auto& file = what.file;
  const auto loaded = config::load_file(file);
  if (const int code = report(file, loaded); code != kDone) return code;
  if (what.probe) return print_audit(*loaded.settings, line.as_json);
  if (what.print) {
    std::cout << config::effective_yaml(*loaded.settings);
  } else {
    std::cout << file << ": good\n";
  }
  return kDone;
}

int serve(RunOptions options) {
  options.takeover = Takeover::from_environment();
  auto loaded = config::load_file(options.config_file);
  if (const int code = report(options.config_file, loaded); code != kDone) {
    if (options.takeover) options.takeover->failed(config::render(loaded.mistakes.front()));
    return code;
  }
  Control control(options, *loaded.settings);
  const auto status = control.run();
  return status ? kDone : fail(status.error().detail);
}

void add_check(CommandLine& line) {
  auto what = std::make_shared<Checked>();
  auto* command =
      add_command(line, "check", "Say whether a configuration is good, and all that is wrong with it", kCheck,
                  [&line, what] { return check(line, *what); });
  command->add_option("file", what->file, "The configuration")->required()->type_name("FILE");
  command->add_flag("--print", what->print, "Print every setting that would be in force, defaults included");
  command->add_flag("--probe", what->probe,
                    "Ask every server as well, and say which clients would fail there and why");
  command->add_flag("--json", line.as_json, "With --probe: JSON, stable for programs");
}

int log_level(const CommandLine& line, const std::string& level) {
  const admin::ControlClient client(line.socket);
  const auto reply =
      level.empty() ? client.get("/log-level") : client.ask("PUT", "/log-level", {{"level", level}});
  return show(line, reply,
              [](const auto& answer) { return std::string(answer.at("level").as_string()) + "\n"; });
}

}  // namespace

void add_process_commands(CommandLine& line) {
  auto options = std::make_shared<RunOptions>();
  auto* run_command = add_command(line, "run", "Serve, in the foreground; SIGHUP reloads, SIGTERM ends", kRun,
                                  [&line, options] {
                                    options->command_line = line.words;
                                    return serve(*options);
                                  });
  run_command->add_option("-c,--config", options->config_file, "The configuration")
      ->required()
      ->type_name("FILE");
  run_command->add_flag("--print-ports", options->print_ports,
                        "Once serving, print one line of JSON with the bound addresses (for port 0)");
  add_check(line);
  add_asking(line, "reload", "Read the configuration again, as SIGHUP does, and say how it went", kReload,
             [&line] {
               const auto reply = admin::ControlClient(line.socket).ask("POST", "/configuration/reload", {});
               return show(line, reply, [](const auto& answer) {
                 return "reloaded, revision " + boost::json::serialize(answer.at("revision")) + "\n";
               });
             });
  auto level = std::make_shared<std::string>();
  add_asking(line, "log-level", "Say or set which lines the log takes", kLogLevel,
             [&line, level] { return log_level(line, *level); })
      ->add_option("level", *level, "trace, debug, info, warn or error")
      ->type_name("LEVEL");
  add_command(line, "version", "Print the version", kVersion, [] {
    std::cout << "winrm-lb " WINRMLB_VERSION "\n";
    return kDone;
  });
}

}  // namespace winrmlb::app::cli
