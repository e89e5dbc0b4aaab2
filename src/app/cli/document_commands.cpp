// Commands that print what packagers ship: shell completion and manual pages, made of the commands
// themselves.
#include <iostream>

#include "winrmlb/app/cli.h"

namespace winrmlb::app::cli {

namespace {

constexpr const char* kCompletion =
    "Completes commands, options, levels and files.\n"
    "\n"
    "Examples:  source <(winrm-lb completion bash)\n"
    "           winrm-lb completion bash > /etc/bash_completion.d/winrm-lb\n"
    "\n"
    "Exit codes: 0 always.";

constexpr const char* kManual =
    "In the format of man(7): of the program, or of its configuration file.\n"
    "\n"
    "Examples:  man <(winrm-lb manual program)\n"
    "           winrm-lb manual configuration > /usr/share/man/man5/winrm-lb.yaml.5\n"
    "\n"
    "Exit codes: 0 always.";

}  // namespace

void add_document_commands(CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  add_command(line, "completion", "Print the completion of a shell", kCompletion,
              [&line] {
                std::cout << bash_completion(line.app);
                return kDone;
              })
      ->add_option("shell", *shell, "bash")
      ->required()
      ->type_name("SHELL")
      ->check([keep = shell](const std::string& given) {
        return given == "bash" ? std::string() : "there is completion for bash only";
      });
  auto page = std::make_shared<std::string>();
  add_command(line, "manual", "Print a manual page", kManual,
              [&line, page] {
                std::cout << (*page == "program" ? manual(line.app) : configuration_manual());
                return kDone;
              })
      ->add_option("page", *page, "program or configuration")
      ->required()
      ->type_name("PAGE")
      ->check([](const std::string& given) {
        return given == "program" || given == "configuration"
                   ? std::string()
                   : "it is program or configuration, not " + given;
      });
}

}  // namespace winrmlb::app::cli
