// The manual pages, made of the tree of commands and of the keys of the configuration (man(7)).
#include <algorithm>

#include "winrmlb/app/cli.h"
#include "winrmlb/config/keys.h"

namespace winrmlb::app::cli {

namespace {

/// Text that roff leaves alone: no escapes, no requests at the beginning of a line, hyphens that are hyphens.
std::string escaped(const std::string& text) {
  std::string out;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) out += "\\&";
    at_start = c == '\n';
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  return out;
}

/// Lines as they stand.
std::string lines(const std::string& text) { return ".nf\n" + escaped(text) + "\n.fi\n"; }

std::string name_of(const CLI::Option& option) {
  std::string name;
  for (const auto& one : option.get_snames())
    name += (name.empty() ? "-" : ", -") + one;
  for (const auto& one : option.get_lnames())
    name += (name.empty() ? "--" : ", --") + one;
  return name;
}

std::string options_of(const CLI::App& command) {
  std::string text;
  for (const auto* option : command.get_options()) {
    text += ".TP\n";
    const auto name = name_of(*option);
    const bool takes_value = option->get_items_expected_max() > 0;
    if (!name.empty()) text += "\\fB" + escaped(name) + "\\fR" + (takes_value ? " " : "");
    if (takes_value) text += "\\fI" + escaped(option->get_type_name()) + "\\fR";
    text += "\n" + escaped(option->get_description());
    if (!option->get_default_str().empty()) text += " (" + escaped(option->get_default_str()) + ")";
    text += ".\n";
  }
  return text;
}

std::string usage_of(const CLI::App& command) {
  std::string text = ".B winrm\\-lb " + escaped(command.get_name()) + "\n.RI";
  std::string positional;
  bool has_options = false;
  for (const auto* option : command.get_options()) {
    if (!option->get_positional()) {
      has_options = true;
    } else if (option->get_required()) {
      positional += " " + option->get_type_name();
    } else {
      positional += " [" + option->get_type_name() + "]";
    }
  }
  return text + " \"" + (has_options ? "[OPTION]..." : "") + positional + "\"\n";
}

// Pages want a date: of the last change of their form.
constexpr const char* kDate = "2026-11-24";

std::string head(const std::string& name, const std::string& section, const std::string& what) {
  return ".\\\" Made by `winrm-lb manual`.\n.TH " + name + " " + section + " " + kDate + " \"winrm\\-lb " +
         WINRMLB_VERSION + "\"\n.SH NAME\n" + what + "\n";
}

}  // namespace

std::string manual(const CLI::App& app) {
  std::string text = head("WINRM\\-LB", "8", "winrm\\-lb \\- a layer\\-7 load balancer that knows WinRM");
  text +=
      ".SH SYNOPSIS\n.B winrm\\-lb\n.I COMMAND\n.RI [ OPTION ]...\n"
      ".SH DESCRIPTION\n"
      "Relays WinRM (HTTP on TCP 5985 and 5986) between clients and a farm of PowerShell proxy servers: "
      "keeps\n"
      "every client address on one server, gives every client connection a server connection of its own, "
      "and\n"
      "leads messages to where their shell lives.\n.PP\n" +
      lines(app.get_footer());
  text += ".SH COMMANDS\n";
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    text += ".SS " + escaped(command->get_name()) + "\n" + usage_of(*command) + ".PP\n" +
            escaped(command->get_description()) + ".\n" + options_of(*command) + ".PP\n" +
            lines(command->get_footer());
  }
  text +=
      ".SH FILES\n.TP\n.I /run/winrm\\-lb/control.sock\nThe control socket.\n"
      ".SH SEE ALSO\n.BR winrm\\-lb.yaml (5)\n";
  return text;
}

std::string configuration_manual() {
  std::string text = head("WINRM\\-LB.YAML", "5", "winrm\\-lb.yaml \\- the configuration of winrm\\-lb");
  text +=
      ".SH DESCRIPTION\n"
      "One YAML file. Unknown and duplicate keys are mistakes, and all mistakes are reported at once. "
      "Durations\n"
      "and sizes carry their unit: 30s, 64KiB. A path that is not absolute begins at the file's folder.\n"
      ".SH KEYS\n";
  for (const auto& key : config::all_keys()) {
    text += ".TP\n\\fB" + escaped(key.path) + "\\fR\n";
    std::string why = key.why;
    if (!why.empty() && why.front() >= 'a' && why.front() <= 'z')
      why.front() = static_cast<char>(why.front() - 32);
    text += escaped(why) + " (" + escaped(key.type);
    if (!key.bounds.empty()) text += ", " + escaped(key.bounds);
    if (!key.standard.empty()) text += "; " + escaped(key.standard) + " unless set";
    text += ").\n";
  }
  return text + ".SH SEE ALSO\n.BR winrm\\-lb (8)\n";
}

}  // namespace winrmlb::app::cli
