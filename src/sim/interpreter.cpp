#include "winrmlb/sim/interpreter.h"

#include "commands.h"
#include "winrmlb/core/text.h"

namespace winrmlb::sim {

namespace {

std::string expanded(std::string_view text, const Surroundings& around) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('%');
    const auto close = open == std::string_view::npos ? open : text.find('%', open + 1);
    if (close == std::string_view::npos) break;
    const auto name = upper(text.substr(open + 1, close - open - 1));
    const auto found = around.variables->find(name);
    out.append(text.substr(0, open));
    if (name == "COMPUTERNAME") {
      out += upper(around.computer);
    } else if (found != around.variables->end()) {
      out += found->second;
    } else {
      out.append(text.substr(open, close - open + 1));
    }
    text.remove_prefix(close + 1);
  }
  out.append(text);
  return out;
}

enum class Joint : std::uint8_t { Always, IfFine, IfFailed };

struct Part {
  Joint joint;
  std::string_view text;
};

// Cuts at &, &&, || outside double quotes.
std::vector<Part> parts_of(std::string_view line) {
  std::vector<Part> parts;
  Joint joint = Joint::Always;
  bool quoted = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') quoted = !quoted;
    const bool doubled = i + 1 < line.size() && line[i + 1] == line[i];
    if (quoted || !(line[i] == '&' || (line[i] == '|' && doubled))) continue;
    parts.push_back({joint, trimmed(line.substr(start, i - start))});
    joint = line[i] == '|' ? Joint::IfFailed : doubled ? Joint::IfFine : Joint::Always;
    if (doubled) ++i;
    start = i + 1;
  }
  parts.push_back({joint, trimmed(line.substr(start))});
  return parts;
}

}  // namespace

Plan interpret(std::string_view command_line, const Surroundings& around) {
  Plan plan;
  for (const auto& part : parts_of(command_line)) {
    if (part.joint == Joint::IfFine && plan.exit_code != 0) continue;
    if (part.joint == Joint::IfFailed && plan.exit_code == 0) continue;
    const std::string text = expanded(part.text, around);
    if (const auto code = exit_of(text)) {
      plan.exit_code = *code;
      return plan;
    }
    append(plan, run_command(text, around));
  }
  return plan;
}

std::string_view known_commands() {
  return "  echo TEXT            the text\n"
         "  hostname             the server's --name\n"
         "  whoami               the user who logged in\n"
         "  exit N               ends with that exit code\n"
         "  ping -n N HOST       N lines, one a second\n"
         "  timeout /t N         N seconds of silence\n"
         "  type N KiB           that many KiB of output\n"
         "  set [NAME[=VALUE]]   variables of the shell; %NAME% reads one\n"
         "  counter [NAME]       adds one to a counter of this server and prints it\n"
         "  more                 gives back what is sent to its input\n"
         "  cmd /c LINE          LINE; &, && and || join commands\n"
         "  powershell -EncodedCommand BASE64 | -Command SCRIPT\n"
         "                       Write-Output, Start-Sleep [-Seconds|-Milliseconds] N, strings, and the "
         "above\n";
}

}  // namespace winrmlb::sim
