// Completion of bash, made of the tree of commands.
#include "winrmlb/app/cli.h"

namespace winrmlb::app::cli {

namespace {

struct Names {
  std::string options;    // "--json --socket"
  std::string with_file;  // of them, those that want a file: a pattern of case
  std::string with_word;  // those that want a value nobody can guess
  std::string words;      // what may stand without dashes
  bool file_first = false;
};

void append(std::string& to, const std::string& separator, const std::string& what) {
  to += (to.empty() ? "" : separator) + what;
}

Names names_of(const CLI::App& command) {
  Names names;
  for (const auto* option : command.get_options()) {
    if (option->get_positional()) {
      if (option->get_type_name() == "FILE") names.file_first = true;
      if (option->get_type_name() == "LEVEL") names.words = "trace debug info warn error";
      if (option->get_type_name() == "SHELL") names.words = "bash";
      if (option->get_type_name() == "PAGE") names.words = "program configuration";
      continue;
    }
    std::string pattern;
    for (const auto& name : option->get_snames())
      append(pattern, "|", "-" + name);
    for (const auto& name : option->get_lnames())
      append(pattern, "|", "--" + name);
    for (const char c : pattern)
      names.options += c == '|' ? ' ' : c;
    names.options += ' ';
    if (option->get_items_expected_max() == 0) continue;  // a flag
    append(option->get_type_name() == "FILE" ? names.with_file : names.with_word, "|", pattern);
  }
  if (!names.options.empty()) names.options.pop_back();
  return names;
}

std::string case_of(const std::string& name, const Names& names) {
  std::string text = "    " + name + ")\n";
  if (!names.with_file.empty())
    text += "      case $previous in " + names.with_file +
            ") COMPREPLY=($(compgen -f -- \"$word\")); return ;; esac\n";
  if (!names.with_word.empty()) text += "      case $previous in " + names.with_word + ") return ;; esac\n";
  text += "      options='" + names.options + "'\n";
  if (!names.words.empty()) text += "      words='" + names.words + "'\n";
  if (names.file_first) text += "      files=yes\n";
  return text + "      ;;\n";
}

}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    append(commands, " ", command->get_name());
    cases += case_of(command->get_name(), names_of(*command));
  }
  return "# Completion of winrm-lb for bash. Made by `winrm-lb completion bash`.\n"
         "_winrm_lb() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= one\n"
         "  local options= words= files=\n"
         "  COMPREPLY=()\n"
         "  for one in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do\n"
         "    case $one in -*) ;; *) command=$one; break ;; esac\n"
         "  done\n"
         "  case $command in\n"
         "    '')\n"
         "      words='" +
         commands + "'\n      options='" + names_of(app).options + "'\n      ;;\n" + cases +
         "  esac\n"
         "  case $word in\n"
         "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
         "    *)\n"
         "      COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "      [ -z \"$files\" ] || COMPREPLY+=($(compgen -f -- \"$word\"))\n"
         "      ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _winrm_lb winrm-lb\n";
}

}  // namespace winrmlb::app::cli
