// The command line, as a tree of commands that the program runs, and from which completion and manual are
// made.
//
// Each group of commands is a file in src/app/cli. A command that asks the running process is a client of
// its Api (admin/api.h): with --json it prints what the Api answered, as it came; the text for people is made
// of that.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json/object.hpp>

#include "winrmlb/admin/control_client.h"

namespace winrmlb::app::cli {

// CLI11 has codes of its own, above 100, for a command line that makes no sense.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kMistakes = 2;
inline constexpr int kCut = 3;

struct CommandLine {
  CommandLine();
  /// What the arguments ask for; the program's exit code.
  int run(int argc, char** argv);

  CLI::App app;
  std::string socket;  // --socket, of whatever command
  bool as_json = false;
  std::function<int()> chosen;
  std::vector<std::string> words;  // as typed, but for the program, which is the one that is installed now
};

/// A command that `run` carries out. `footer`: what --help says beyond the list of options.
CLI::App* add_command(CommandLine& line, std::string_view name, std::string_view help,
                      std::string_view footer, std::function<int()> run);
/// The same of one that asks the running process: with --socket and --json.
CLI::App* add_asking(CommandLine& line, std::string_view name, std::string_view help, std::string_view footer,
                     std::function<int()> run);

/// Prints an answer, or why there is none.
using Text = std::function<std::string(const boost::json::object&)>;
int show(const CommandLine& line, const Result<admin::Reply>& reply, const Text& text);
int fail(std::string_view what);

/// "90s", "10m", "2h" as seconds.
std::optional<std::int64_t> seconds_of(std::string_view text);
/// "/pools/teams/servers/ps1"; without a pool whichever has such a server.
std::string server_target(std::string_view pool, std::string_view server);
std::string client_target(std::string_view pool, std::string_view client);
/// Appends "?name=value" or "&name=value", unless the value is empty.
void add_query(std::string& target, std::string_view name, std::string_view value);

// The groups, in the order of --help.
void add_process_commands(CommandLine& line);
void add_show_commands(CommandLine& line);
void add_server_commands(CommandLine& line);
void add_client_commands(CommandLine& line);
void add_top_command(CommandLine& line);
void add_document_commands(CommandLine& line);

// Text made of answers.
std::string sessions_text(const boost::json::object& answer);
std::string shells_text(const boost::json::object& answer);
std::string clients_text(const boost::json::object& answer);
std::string plan_text(const boost::json::object& answer);
std::string explain_text(const boost::json::object& answer);
std::string client_text(const boost::json::object& answer);
/// A screen of `columns` by `rows`, from two states of GET /status, `seconds` apart.
std::string top_screen(const boost::json::object& before, const boost::json::object& now, double seconds,
                       std::size_t columns, std::size_t rows);

// Documents made of the tree.
std::string bash_completion(const CLI::App& app);
std::string manual(const CLI::App& app);  // winrm-lb(8)
std::string configuration_manual();       // winrm-lb.yaml(5)

}  // namespace winrmlb::app::cli
