// Reads a configuration file into Settings, or says everything that is wrong with it at once.
//
// Only app includes this. Called at start, at reload and by `winrm-lb check`, on any thread; the same bytes
// and the same files beside them give the same answer. Files that the configuration names are looked at,
// never kept open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/config/settings.h"

namespace winrmlb::config {

/// One thing that is wrong, or likely not meant, and where it stands.
struct Mistake {
  enum class Severity : std::uint8_t { Mistake, Warning };
  std::string file;
  int line = 0;      // from 1; 0: the file as a whole
  int column = 0;    // from 1, in characters
  std::string key;   // "pools.teams.servers.ps1.weight"; empty: the text as such is not YAML
  std::string text;  // what is wrong, and what would be right
  std::string source_line;
  Severity severity = Severity::Mistake;
  friend bool operator==(const Mistake&, const Mistake&) = default;
};

/// Settings only if there is no mistake; warnings in either case. Both in the order of the files.
struct Loaded {
  std::optional<Settings> settings;
  std::vector<Mistake> mistakes;
  std::vector<Mistake> warnings;
};

Loaded load_file(const std::string& path);
/// `name` stands for the file in mistakes, and its folder is where relative paths start.
Loaded load_text(std::string_view yaml, const std::string& name);

/// "file:line:column: key: what is wrong; what would be right", the line, and a caret below it; each ends in
/// a newline.
std::string render(const Mistake& mistake);

/// The settings as a file that load_text() turns into the same settings: every key, defaults included.
std::string effective_yaml(const Settings& settings);

}  // namespace winrmlb::config
