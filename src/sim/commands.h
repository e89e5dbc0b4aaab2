// What the two languages of the interpreter share: words, plans of one step, and the handful of commands.
//
// Pure, and private to the interpreter (winrmlb/sim/interpreter.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "winrmlb/sim/interpreter.h"

namespace winrmlb::sim {

inline constexpr std::uint64_t kMostPause = 86'400;  // seconds

struct Words {
  std::string_view name;
  std::string_view rest;
};

/// The first word and what follows it.
Words split(std::string_view line);
std::string_view unquoted(std::string_view text);
std::string upper(std::string_view text);

Plan says(std::string text, std::int32_t code = 0, Stream stream = Stream::Out);
Plan waits(std::chrono::milliseconds time);
/// `more` comes after what `plan` does, and ends with its exit code.
void append(Plan& plan, Plan more);

/// One command of cmd's, without joints and variables.
Plan run_command(std::string_view line, const Surroundings& around);
/// `powershell` and what follows it on cmd's command line.
Plan run_powershell(std::string_view rest, const Surroundings& around);
/// `exit N`, `exit /b N`: ends the whole line.
std::optional<std::int32_t> exit_of(std::string_view text);

}  // namespace winrmlb::sim
