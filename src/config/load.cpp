#include "winrmlb/config/load.h"

#include <fstream>
#include <glob.h>

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
  const auto status = fs::status(path, error);
  if (error || !fs::is_regular_file(status)) {
    wrong = "cannot read the file " + path + ": " +
            (error                      ? error.message()
             : fs::is_directory(status) ? "it is a folder"
                                        : "it is no ordinary file");
    return std::nullopt;
  }
  // Read until one byte too many rather than ask for the size: files of the kernel say 0.
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || !file.is_open()) {
    wrong = "cannot read the file " + path;
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytes) {
    wrong = path + " is larger than " + show_size(kFileBytes) + ", the most a configuration file may be";
    return std::nullopt;
  }
  return text;
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
  if (!text) {
    reader.report.mark_wrong("include");
    return reader.report.mistake(named.place, path, wrong);
  }
  if (reader.report.files() >= kFiles) {
    return reader.report.mistake(named.place, path,
                                 "there may be " + std::to_string(kFiles) + " files at most");
  }
  const auto number = reader.report.add_file(file, *text);
  const auto before = reader.report.mistakes();
  const Value root = parse_yaml(*text, number, reader.report);
  if (reader.report.mistakes() != before) return reader.report.mark_wrong("include");
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
      reader.report.mark_wrong("include");
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

}  // namespace winrmlb::config
