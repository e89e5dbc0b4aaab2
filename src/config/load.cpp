#include "winrmlb/config/load.h"

#include <fstream>
#include <glob.h>
#include <sstream>

#include "checks.h"
#include "field_kinds.h"
#include "limits.h"
#include "table.h"

namespace winrmlb::config {

namespace {

namespace fs = std::filesystem;

// The text of a file, or nothing and a sentence.
std::optional<std::string> read_file(const std::string& path, std::string& wrong) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error || fs::is_directory(path)) {
    wrong = "cannot read the file " + path + (error ? ": " + error.message() : ": it is a folder");
    return std::nullopt;
  }
  if (bytes > kFileBytes) {
    wrong = path + " is larger than " + show_size(kFileBytes) + ", the most a configuration file may be";
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    wrong = "cannot read the file " + path;
    return std::nullopt;
  }
  return text.str();
}

// The files that one entry of `include` names, in the order of their names.
std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0)
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  return files;
}

// A file that holds pools only.
void read_included(Reader& reader, const std::string& file, const Value& named, const std::string& path,
                   Settings& settings) {
  std::string wrong;
  const auto text = read_file(file, wrong);
  if (!text) return reader.report.mistake(named.place, path, wrong);
  if (reader.report.files() >= kFiles) {
    return reader.report.mistake(named.place, path,
                                 "there may be " + std::to_string(kFiles) + " files at most");
  }
  const auto number = reader.report.add_file(file, *text);
  const Value root = parse_yaml(*text, number, reader.report);
  Reader inner{reader.report, fs::absolute(file).parent_path()};
  static const Table<Settings> kPoolsOnly = {
      *std::find_if(settings_table().begin(), settings_table().end(),
                    [](const auto& field) { return field.doc.name == "pools"; })};
  read_map(inner, root, "", kPoolsOnly, settings);
}

void read_includes(Reader& reader, const Value& root, Settings& settings) {
  const auto include = std::find_if(root.entries.begin(), root.entries.end(),
                                    [](const auto& e) { return e.key == "include"; });
  if (include == root.entries.end() || include->value.kind != Value::Kind::List) return;
  std::size_t index = 0;
  for (const auto& item : include->value.items) {
    const std::string path = "include[" + std::to_string(index++) + "]";
    if (item.kind != Value::Kind::Scalar) {
      refuse_kind(reader, item, path, "a file");
      continue;
    }
    const std::string pattern = (reader.folder / item.text).lexically_normal().string();
    const auto files = matches(pattern);
    if (files.empty() && item.text.find('*') == std::string::npos) {
      reader.report.mistake(item.place, path, "cannot read the file " + pattern);
    }
    for (const auto& file : files)
      read_included(reader, file, item, path, settings);
  }
}

}  // namespace

Loaded load_text(std::string_view yaml, const std::string& name) {
  Loaded loaded;
  Report report;
  Settings settings;
  const auto number = report.add_file(name, std::string(yaml.substr(0, kFileBytes)));
  if (yaml.size() > kFileBytes) {
    report.mistake({number, 0, 0}, "", "a configuration file may have " + show_size(kFileBytes) + " at most");
  }
  const Value root = report.any_mistake() ? Value{} : parse_yaml(yaml, number, report);
  if (!report.any_mistake()) {
    Reader reader{report, fs::absolute(name).parent_path()};
    read_map(reader, root, "", settings_table(), settings);
    read_includes(reader, root, settings);
    check_settings(settings, report);
  }
  report.finish(loaded);
  if (loaded.mistakes.empty()) loaded.settings = std::move(settings);
  return loaded;
}

Loaded load_file(const std::string& path) {
  std::string wrong;
  if (const auto text = read_file(path, wrong)) return load_text(*text, path);
  Loaded loaded;
  loaded.mistakes.push_back({.file = path, .text = wrong});
  return loaded;
}

std::string render(const Mistake& mistake) {
  std::string out = mistake.file;
  if (mistake.line > 0) out += ":" + std::to_string(mistake.line) + ":" + std::to_string(mistake.column);
  out += ": " + (mistake.key.empty() ? "" : mistake.key + ": ") + mistake.text + "\n";
  if (mistake.line == 0) return out;
  out += "  " + mistake.source_line + "\n  ";
  // Tabs stay tabs, so that the caret stands below its character; UTF-8 continuation bytes take no column.
  for (std::size_t i = 0; i + 1 < static_cast<std::size_t>(mistake.column) && i < mistake.source_line.size();
       ++i) {
    const auto byte = static_cast<unsigned char>(mistake.source_line[i]);
    if ((byte & 0xc0) != 0x80) out += byte == '\t' ? '\t' : ' ';
  }
  return out + "^\n";
}

}  // namespace winrmlb::config
