#include "winrmlb/sim/interpreter.h"

#include <optional>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kMostPause = 86'400;         // seconds
constexpr std::uint64_t kMostKibibytes = 1'048'576;  // 1 GiB

struct Words {
  std::string_view name;
  std::string_view rest;
};

// The first word and what follows it.
Words split(std::string_view line) {
  line = trimmed(line);
  const auto end = line.find_first_of(" \t");
  if (end == std::string_view::npos) return {line, {}};
  return {line.substr(0, end), trimmed(line.substr(end))};
}

std::string_view unquoted(std::string_view text) {
  text = trimmed(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  }
  return out;
}

Plan says(std::string text, std::int32_t code = 0, Stream stream = Stream::Out) {
  Plan plan;
  plan.steps.push_back({milliseconds(0), stream, std::move(text), 1});
  plan.exit_code = code;
  return plan;
}

Plan waits(milliseconds time) {
  Plan plan;
  plan.steps.push_back({time, Stream::Out, "", 1});
  return plan;
}

Plan unknown_to_cmd(std::string_view name) {
  return says(
      "'" + std::string(name) +
          "' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
      1, Stream::Err);
}

// `-n N host`: a line at once, then one each second, as Windows' ping does.
Plan ping(std::string_view rest) {
  std::uint64_t count = 4;
  std::string_view host = "127.0.0.1";
  while (!rest.empty()) {
    const Words word = split(rest);
    rest = word.rest;
    if (equals_ignoring_case(word.name, "-n")) {
      const Words number = split(rest);
      count = parse_unsigned(number.name, kMostPause).value_or(count);
      rest = number.rest;
    } else if (!word.name.starts_with('-') && !word.name.starts_with('/') && !word.name.starts_with('>')) {
      host = word.name;
    } else {
      rest = split(rest).rest;
    }
  }
  Plan plan = says("\r\nPinging " + std::string(host) + " with 32 bytes of data:\r\n");
  for (std::uint64_t i = 0; i < count; ++i) {
    plan.steps.push_back({milliseconds(i == 0 ? 0 : 1000), Stream::Out,
                          "Reply from " + std::string(host) + ": bytes=32 time<1ms TTL=128\r\n", 1});
  }
  return plan;
}

// `type N KiB`: that much output, in lines of 64 bytes.
std::optional<Plan> type(std::string_view rest) {
  const Words number = split(rest);
  const auto kibibytes = parse_unsigned(number.name, kMostKibibytes);
  if (!kibibytes || !equals_ignoring_case(number.rest, "KiB")) return std::nullopt;
  std::string block;
  for (int line = 0; line < 16; ++line)
    block.append(62, static_cast<char>('a' + line)).append("\r\n");
  Plan plan;
  plan.steps.push_back({milliseconds(0), Stream::Out, std::move(block), *kibibytes});
  return plan;
}

Plan set(std::string_view rest, const Surroundings& around) {
  const auto equals = rest.find('=');
  if (equals != std::string_view::npos) {
    const auto name = upper(rest.substr(0, equals));
    const auto value = rest.substr(equals + 1);
    if (value.empty()) {
      around.variables->erase(name);
    } else {
      (*around.variables)[name] = std::string(value);
    }
    return {};
  }
  std::string out;
  for (const auto& [name, value] : *around.variables) {
    if (starts_with_ignoring_case(name, rest)) out += name + "=" + value + "\r\n";
  }
  if (out.empty())
    return says("Environment variable " + std::string(rest) + " not defined\r\n", 1, Stream::Err);
  return says(std::move(out));
}

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

Plan powershell(std::string_view rest, const Surroundings& around) {
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

Plan run_one(std::string_view line, const Surroundings& around) {
  std::string_view command = trimmed(line);
  if (command.starts_with('@')) command.remove_prefix(1);
  const Words words = split(command);
  std::string_view name = unquoted(words.name);
  if (name.size() > 4 && equals_ignoring_case(name.substr(name.size() - 4), ".exe")) name.remove_suffix(4);
  const auto is = [&](std::string_view other) { return equals_ignoring_case(name, other); };

  if (name.empty()) return {};
  if (is("echo.")) return says("\r\n");
  if (is("echo")) return says(words.rest.empty() ? "ECHO is on.\r\n" : std::string(words.rest) + "\r\n");
  if (is("hostname")) return says(around.computer + "\r\n");
  if (is("whoami")) return says(around.user + "\r\n");
  if (is("set")) return set(words.rest, around);
  if (is("ping")) return ping(words.rest);
  if (is("counter")) {
    const std::string counter(words.rest.empty() ? "default" : words.rest);
    return says(std::to_string(around.count(counter)) + "\r\n");
  }
  if (is("timeout")) {
    const Words first = split(words.rest);
    const auto text = starts_with_ignoring_case(first.name, "/t") ? split(first.rest).name : first.name;
    if (const auto time = parse_unsigned(text, kMostPause)) return waits(seconds(*time));
    return says("ERROR: Invalid value for timeout (/T) specified.\r\n", 1, Stream::Err);
  }
  if (is("type")) {
    if (auto plan = type(words.rest)) return *plan;
    return says("The system cannot find the file specified.\r\n", 1, Stream::Err);
  }
  if (is("more")) {
    Plan plan;
    plan.echo_input = true;
    return plan;
  }
  if (is("cmd")) {
    auto rest = words.rest;
    while (rest.starts_with('/') && !starts_with_ignoring_case(rest, "/c"))
      rest = split(rest).rest;
    return starts_with_ignoring_case(rest, "/c") ? interpret(unquoted(rest.substr(2)), around) : Plan{};
  }
  if (is("powershell") || is("pwsh")) return powershell(words.rest, around);
  return unknown_to_cmd(name);
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
  Plan plan = run_one(statement, around);
  const bool unknown = plan.exit_code == 1 && plan.steps.size() == 1 && plan.steps[0].text.starts_with("'");
  return unknown ? unknown_to_powershell(words.name) : plan;
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

void append(Plan& plan, Plan more) {
  for (auto& step : more.steps)
    plan.steps.push_back(std::move(step));
  plan.exit_code = more.exit_code;
  plan.echo_input = plan.echo_input || more.echo_input;
}

// `exit N`, `exit /b N`: ends the whole line.
std::optional<std::int32_t> exit_of(std::string_view text) {
  Words words = split(text);
  if (!equals_ignoring_case(words.name, "exit")) return std::nullopt;
  if (starts_with_ignoring_case(words.rest, "/b")) words.rest = trimmed(words.rest.substr(2));
  const bool negative = words.rest.starts_with('-');
  if (negative) words.rest.remove_prefix(1);
  const auto value = static_cast<std::int32_t>(parse_unsigned(words.rest, INT32_MAX).value_or(0));
  return negative ? -value : value;
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
    append(plan, run_one(text, around));
  }
  return plan;
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
