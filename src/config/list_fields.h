// The kinds of fields that hold several values: words of a closed set, texts, and objects with a table of
// their own.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "field_kinds.h"

namespace winrmlb::config {

/// Reads `value` as a list and hands each item to `take`, which gives nothing for one that is wrong.
template <typename T, typename Take>
void read_list(Reader& reader, const Value& value, const std::string& path, std::size_t most,
               std::vector<T>& into, Take take) {
  if (value.kind != Value::Kind::List) return refuse_kind(reader, value, path, "a list");
  into.clear();
  for (const auto& item : value.items) {
    const std::string here = path + "[" + std::to_string(into.size()) + "]";
    if (into.size() >= most) {
      return reader.report.mistake(item.place, here,
                                   "there may be " + std::to_string(most) + " of these at most");
    }
    auto taken = take(item, here);
    if (!taken) {
      reader.report.mark_wrong(path);  // a list that lacks it is no further mistake
      continue;
    }
    if (std::find(into.begin(), into.end(), *taken) != into.end()) {
      reader.report.mistake(item.place, here, "this stands here twice; keep one");
    } else {
      into.push_back(std::move(*taken));
    }
  }
}

template <typename T, typename Show>
std::string show_list(const std::vector<T>& values, Show show) {
  std::string out;
  for (const auto& value : values)
    out += (out.empty() ? "" : ", ") + show(value);
  return out.empty() ? out : "[" + out + "]";
}

/// A list of texts, each of which `check` accepts.
template <typename Object, typename Check>
Field<Object> texts(std::string name, std::vector<std::string> Object::*member, std::string type,
                    std::size_t most, Check check, std::string why) {
  Field<Object> field;
  field.doc = {.name = std::move(name),
               .type = std::move(type),
               .why = std::move(why),
               .schema = R"("type": "array", "items": {"type": "string"})",
               .shape = Doc::Shape::List};
  field.read = [=](Reader& reader, const Value& value, const std::string& path, Object& object) {
    read_list(reader, value, path, most, object.*member,
              [&](const Value& item, const std::string& here) -> std::optional<std::string> {
                const std::string wrong =
                    item.kind == Value::Kind::Scalar ? check(item.text) : std::string("must be a text");
                if (wrong.empty()) return item.text;
                reader.report.mistake(item.place, here, wrong);
                return std::nullopt;
              });
  };
  field.show = [member](const Object& object) { return show_list(object.*member, yaml_text); };
  field.doc.standard = field.show(Object{});
  return field;
}

/// A list of words of a closed set.
template <typename Object, typename T>
Field<Object> words(std::string name, std::vector<T> Object::*member,
                    std::vector<std::pair<std::string, T>> known, std::string why) {
  std::string list;
  std::string schema;
  for (const auto& [word, value] : known) {
    list += (list.empty() ? "" : ", ") + word;
    schema += (schema.empty() ? "\"" : ", \"") + word + "\"";
  }
  Field<Object> field;
  field.doc = {.name = std::move(name),
               .type = "list of " + list,
               .why = std::move(why),
               .schema = R"("type": "array", "items": {"enum": [)" + schema + "]}",
               .shape = Doc::Shape::List};
  field.read = [=](Reader& reader, const Value& value, const std::string& path, Object& object) {
    read_list(reader, value, path, known.size(), object.*member,
              [&](const Value& item, const std::string& here) -> std::optional<T> {
                for (const auto& [word, meaning] : known) {
                  if (word == item.text) return meaning;
                }
                reader.report.mistake(item.place, here, in_quotes(item.text) + " is not one of " + list);
                return std::nullopt;
              });
  };
  field.show = [=](const Object& object) {
    return show_list(object.*member, [&](T value) {
      for (const auto& [word, meaning] : known) {
        if (meaning == value) return word;
      }
      return std::string();
    });
  };
  return field;
}

/// A list of mappings, each by the same table.
template <typename Object, typename Part>
Field<Object> objects(std::string name, std::vector<Part> Object::*member, const Table<Part>& table,
                      std::string type, std::size_t most, std::string why) {
  std::string properties;
  for (const auto& child : table) {
    properties += (properties.empty() ? "\"" : ", \"") + child.doc.name + "\": {" + child.doc.schema + "}";
  }
  Field<Object> field;
  field.doc = {.name = std::move(name),
               .type = std::move(type),
               .why = std::move(why),
               .schema = R"("type": "array", "items": {"type": "object", "additionalProperties": false, )"
                         R"("properties": {)" +
                         properties + "}}",
               .shape = Doc::Shape::List};
  field.read = [=, &table](Reader& reader, const Value& value, const std::string& path, Object& object) {
    read_list(reader, value, path, most, object.*member,
              [&](const Value& item, const std::string& here) -> std::optional<Part> {
                reader.report.remember(here, item.place);
                Part part;
                read_map(reader, item, here, table, part);
                return part;
              });
  };
  field.show = [member, &table](const Object& object) {
    return show_list(object.*member, [&](const Part& part) { return show_map(table, part); });
  };
  return field;
}

}  // namespace winrmlb::config
