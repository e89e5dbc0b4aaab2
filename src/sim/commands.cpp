#include "commands.h"

#include "winrmlb/core/text.h"

namespace winrmlb::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::uint64_t kMostKibibytes = 1'048'576;  // 1 GiB

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

}  // namespace

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

Plan says(std::string text, std::int32_t code, Stream stream) {
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

void append(Plan& plan, Plan more) {
  for (auto& step : more.steps)
    plan.steps.push_back(std::move(step));
  plan.exit_code = more.exit_code;
  plan.echo_input = plan.echo_input || more.echo_input;
}

Plan run_command(std::string_view line, const Surroundings& around) {
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
  if (is("powershell") || is("pwsh")) return run_powershell(words.rest, around);
  return unknown_to_cmd(name);
}

std::optional<std::int32_t> exit_of(std::string_view text) {
  Words words = split(text);
  if (!equals_ignoring_case(words.name, "exit")) return std::nullopt;
  if (starts_with_ignoring_case(words.rest, "/b")) words.rest = trimmed(words.rest.substr(2));
  const bool negative = words.rest.starts_with('-');
  if (negative) words.rest.remove_prefix(1);
  const auto value = static_cast<std::int32_t>(parse_unsigned(words.rest, INT32_MAX).value_or(0));
  return negative ? -value : value;
}

}  // namespace winrmlb::sim
