// A command line turned into a plan: which output comes when, and the exit code. Nothing of the host is
// executed.
//
// Pure: the plan is a value, and the server lets time pass by it. The handful of commands is listed in
// known_commands(); anything else is answered as cmd.exe would answer a word it does not know. PowerShell is
// a smaller handful, taken apart at ';' and line ends, enough for `powershell -EncodedCommand` as the usual
// clients send it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace winrmlb::sim {

enum class Stream : std::uint8_t { Out, Err };

/// Some output, `repeat` times over, after a pause.
struct Step {
  std::chrono::milliseconds pause{0};
  Stream stream = Stream::Out;
  std::string text;
  std::uint64_t repeat = 1;
};

struct Plan {
  std::vector<Step> steps;
  std::int32_t exit_code = 0;
  bool echo_input = false;  // `more`: what is sent to stdin comes back on stdout until it ends
};

/// What commands can see and change. Variables belong to a shell, counters to the server.
struct Surroundings {
  std::string computer;                                     // ps1
  std::string user;                                         // domain\user
  std::map<std::string, std::string>* variables = nullptr;  // names upper case
  std::function<std::uint64_t(const std::string&)> count;   // adds one to a counter of that name
};

/// As typed at cmd's prompt: `a & b`, `a && b`, `a || b`, %VARIABLES%, `cmd /c`, `powershell
/// -EncodedCommand`.
Plan interpret(std::string_view command_line, const Surroundings& surroundings);
/// As a script given to PowerShell.
Plan interpret_powershell(std::string_view script, const Surroundings& surroundings);

/// For --help: one line per command.
std::string_view known_commands();

}  // namespace winrmlb::sim
