// PowerShell as far as the interpreter knows it.
#include "commands.h"
#include "winrmlb/core/text.h"
#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// The value of an option given as `-Name value`, matched by prefix as PowerShell does.
std::optional<std::string_view> option_of(std::string_view rest, std::string_view full_name) {
  while (!rest.empty()) {
    const Words word = split(rest);
    if (word.name.size() >= 2 && word.name.front() == '-' &&
        starts_with_ignoring_case(full_name, word.name.substr(1))) {
      return split(word.rest).name;
    }
    rest = word.rest;
  }
  return std::nullopt;
}

// PowerShell writes its errors to a redirected stderr as CLIXML.
Plan unknown_to_powershell(std::string_view name) {
  std::string text =
      "#< CLIXML\r\n<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">"
      "<S S=\"Error\">";
  append_xml_escaped(text, name);
  text += " : The term '";
  append_xml_escaped(text, name);
  text += "' is not known to this server._x000D__x000A_</S></Objs>";
  return says(std::move(text), 1, Stream::Err);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

Plan run_statement(std::string_view statement, const Surroundings& around) {
  const Words words = split(statement);
  const auto is = [&](std::string_view other) { return equals_ignoring_case(words.name, other); };
  const auto expand = [&](std::string_view text) {
    const bool literal = text.starts_with('\'');
    std::string out(unquoted(text));
    return literal ? out : replaced(out, "$env:COMPUTERNAME", upper(around.computer));
  };
  if (words.name.empty()) return {};
  if (words.name.front() == '"' || words.name.front() == '\'' || words.name.front() == '$') {
    return says(expand(statement) + "\r\n");
  }
  if (is("Write-Output") || is("Write-Host") || is("echo")) return says(expand(words.rest) + "\r\n");
  if (is("Start-Sleep") || is("sleep")) {
    if (const auto text = option_of(words.rest, "Milliseconds")) {
      return waits(milliseconds(parse_unsigned(*text, kMostPause * 1000).value_or(0)));
    }
    const auto named = option_of(words.rest, "Seconds");
    return waits(seconds(parse_unsigned(named ? *named : split(words.rest).name, kMostPause).value_or(0)));
  }
  Plan plan = run_command(statement, around);
  const bool unknown = plan.exit_code == 1 && plan.steps.size() == 1 && plan.steps[0].text.starts_with("'");
  return unknown ? unknown_to_powershell(words.name) : plan;
}

}  // namespace

Plan run_powershell(std::string_view rest, const Surroundings& around) {
  for (std::string_view left = rest; !left.empty();) {
    const Words word = split(left);
    left = word.rest;
    if (word.name.size() < 2 || (word.name.front() != '-' && word.name.front() != '/'))
      return interpret_powershell(unquoted(rest), around);
    const auto option = word.name.substr(1);
    if (starts_with_ignoring_case("EncodedCommand", option) || equals_ignoring_case(option, "ec")) {
      const auto script = base64_decode(unquoted(left));
      if (!script) return says("The encoded command is not valid Base64 text.\r\n", 1, Stream::Err);
      return interpret_powershell(utf8_from_utf16le(*script), around);
    }
    if (starts_with_ignoring_case("Command", option)) return interpret_powershell(unquoted(left), around);
    // Options with a value of their own.
    for (const std::string_view valued :
         {"ExecutionPolicy", "InputFormat", "OutputFormat", "WindowStyle", "Version"}) {
      if (starts_with_ignoring_case(valued, option)) left = split(left).rest;
    }
    rest = left;
  }
  return {};
}

Plan interpret_powershell(std::string_view script, const Surroundings& around) {
  Plan plan;
  char quote = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= script.size(); ++i) {
    const char c = i < script.size() ? script[i] : ';';
    if (i < script.size() && quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    }
    if (i < script.size() && (quote != 0 || (c != ';' && c != '\n'))) continue;
    std::string_view statement = script.substr(start, i - start);
    while (!statement.empty() && (statement.back() == '\r' || statement.back() == ' '))
      statement.remove_suffix(1);
    start = i + 1;
    if (const auto code = exit_of(statement)) {
      plan.exit_code = *code;
      return plan;
    }
    append(plan, run_statement(trimmed(statement), around));
  }
  return plan;
}

}  // namespace winrmlb::sim
