#include "field.h"

#include <fstream>

#include "field_kinds.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

void refuse_kind(Reader& reader, const Value& value, const std::string& path, const std::string& wanted) {
  static constexpr const char* kKinds[] = {"nothing", "a single value", "a list", "a mapping"};
  reader.report.mistake(
      value.place, path,
      std::string("here stands ") + kKinds[static_cast<int>(value.kind)] + ", but it must be " + wanted);
}

std::string unknown_key(const std::string& key, const std::vector<std::string_view>& known) {
  if (const auto meant = nearest(key, known))
    return "an unknown key; did you mean " + std::string(*meant) + "?";
  std::string list;
  for (const auto name : known)
    list += (list.empty() ? "" : ", ") + std::string(name);
  return "an unknown key; there are " + list;
}

std::string file_in(Reader& reader, const Value& value, const std::string& path) {
  const std::string file = (reader.folder / value.text).lexically_normal().string();
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error) || !std::ifstream(file)) {
    reader.report.mistake(value.place, path, "cannot read the file " + file);
  }
  return file;
}

Parsed<Endpoint> parse_endpoint(std::string_view text) {
  if (const auto endpoint = Endpoint::parse(text)) return {*endpoint};
  return {in_quotes(text) + " is not an address and port; write it like 0.0.0.0:5985 or [::]:5985"};
}

std::string yaml_text(const std::string& text) {
  const bool plain =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./") ==
          std::string::npos;
  if (plain) return text;
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + "\"";
}

}  // namespace winrmlb::config
