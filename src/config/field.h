// Field: one key of the configuration, from which it is read, shown and documented.
//
// A table is a list of Fields of one settings struct (src/config/table.cpp). Loader, JSON Schema, reference
// file and `check --print` all go by the same tables, so none can say something else than the others.
#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "report.h"
#include "scalar.h"
#include "winrmlb/core/address.h"
#include "yaml.h"

namespace winrmlb::config {

/// What is needed while reading besides the value.
struct Reader {
  Report& report;
  std::filesystem::path folder;  // of the file being read: where relative paths start
};

/// How a key is documented: the reference, the schema and the list of keys are made of these.
struct Doc {
  enum class Shape : std::uint8_t { Scalar, Map, List, NamedMaps, ListOfMaps };
  std::string name;
  std::string type;      // "duration", "one of a, b"
  std::string standard;  // the default, as it is written; empty: none
  std::string bounds;
  std::string why;
  std::string schema;  // JSON Schema of a scalar, without its description
  bool required = false;
  bool never_empty = false;  // a section in which something must be given, though it depends on the rest what
  Shape shape = Shape::Scalar;
  std::vector<Doc> children;
};

template <typename Object>
struct Field {
  Doc doc;
  std::function<void(Reader&, const Value&, const std::string& path, Object&)> read;
  /// The value as YAML on one line; empty: nothing to write.
  std::function<std::string(const Object&)> show;
};

template <typename Object>
using Table = std::vector<Field<Object>>;

inline std::string join(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

/// A kind of value where another was wanted.
void refuse_kind(Reader& reader, const Value& value, const std::string& path, const std::string& wanted);

/// The absolute path of a file that the value names; a mistake if it cannot be read.
std::string file_in(Reader& reader, const Value& value, const std::string& path);
/// The same, with a warning if every user of the machine can read it.
std::string private_key_in(Reader& reader, const Value& value, const std::string& path);
/// The absolute path of a socket, short enough for its address; empty for `off`.
std::string socket_in(Reader& reader, const Value& value, const std::string& path);
/// The absolute path of a file to write; `off`, `-` and nothing stay what they are.
std::string output_in(Reader& reader, const Value& value, const std::string& path);

Parsed<Endpoint> parse_endpoint(std::string_view text);

/// Adds the CIDR blocks of a list; each one that is none, or stands there twice, is a mistake.
void read_networks(Reader& reader, const Value& list, const std::string& path, std::vector<Prefix>& networks);
std::string show_networks(const std::vector<Prefix>& networks);

/// "an unknown key; the nearest known one is 'x'".
std::string unknown_key(const std::string& key, const std::vector<std::string_view>& known);

/// Reads a mapping by a table: every entry goes to its field; unknown, duplicate and missing keys are
/// mistakes.
template <typename Object>
void read_map(Reader& reader, const Value& value, const std::string& path, const Table<Object>& table,
              Object& object) {
  if (value.kind == Value::Kind::Null) {
    // An empty section: all defaults, if nothing in it must be given.
  } else if (value.kind != Value::Kind::Map) {
    return refuse_kind(reader, value, path, "a mapping of keys");
  }
  std::unordered_set<std::string> seen;
  for (const auto& entry : value.entries) {
    const std::string here = join(path, entry.key);
    if (!seen.insert(entry.key).second) {
      reader.report.mistake(entry.place, here, "this key stands here twice; keep one");
      continue;
    }
    const auto field = std::find_if(table.begin(), table.end(),
                                    [&](const auto& known) { return known.doc.name == entry.key; });
    if (field == table.end()) {
      std::vector<std::string_view> known;
      for (const auto& candidate : table)
        known.push_back(candidate.doc.name);
      reader.report.mistake(entry.place, here, unknown_key(entry.key, known));
      continue;
    }
    reader.report.remember(here, entry.value.place);
    field->read(reader, entry.value, here, object);
  }
  for (const auto& field : table) {
    if (!field.doc.required || seen.count(field.doc.name) != 0) continue;
    reader.report.mistake(value.place, join(path, field.doc.name),
                          "this key must be given: " + field.doc.why);
  }
}

}  // namespace winrmlb::config
