// The kinds of fields that tables are written with: one function per kind of value.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "field.h"
#include "limits.h"
#include "scalar.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/text.h"

namespace winrmlb::config {

/// A scalar: `parse` gives Parsed<T> for its text, `show` writes a T back. Everything below goes through
/// here.
template <typename Object, typename T, typename Parse, typename Show>
Field<Object> scalar(Doc doc, T Object::*member, Parse parse, Show show) {
  Field<Object> field;
  field.doc = std::move(doc);
  field.read = [member, parse, type = field.doc.type](Reader& reader, const Value& value,
                                                      const std::string& path, Object& object) {
    if (value.kind != Value::Kind::Scalar) return refuse_kind(reader, value, path, type);
    const auto parsed = parse(value.text);
    if (!parsed.good()) return reader.report.mistake(value.place, path, parsed.wrong());
    object.*member = static_cast<T>(parsed.value());
  };
  field.show = [member, show](const Object& object) { return show(object.*member); };
  field.doc.standard = field.show(Object{});
  return field;
}

template <typename Object, typename T>
Field<Object> number(std::string name, T Object::*member, std::uint64_t least, std::uint64_t most,
                     std::string why) {
  return scalar(
      Doc{.name = std::move(name),
          .type = "number",
          .bounds = std::to_string(least) + " to " + std::to_string(most),
          .why = std::move(why),
          .schema = "\"type\": \"integer\", \"minimum\": " + std::to_string(least) +
                    ", \"maximum\": " + std::to_string(most)},
      member, [=](std::string_view text) { return parse_number(text, least, most); },
      [](T value) { return std::to_string(value); });
}

template <typename Object, typename T>
Field<Object> duration(std::string name, T Object::*member, std::chrono::milliseconds least,
                       std::chrono::milliseconds most, std::string why) {
  return scalar(
      Doc{.name = std::move(name),
          .type = "duration",
          .bounds = show_duration(least) + " to " + show_duration(most),
          .why = std::move(why),
          .schema = R"("type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$")"},
      member,
      [=](std::string_view text) -> Parsed<T> {
        const auto parsed = parse_duration(text, least, most);
        if (!parsed.good()) return {parsed.wrong()};
        const auto value = std::chrono::duration_cast<T>(parsed.value());
        if (value != parsed.value())
          return {in_quotes(text) + " is finer than this key goes; write whole seconds"};
        return {value};
      },
      [](T value) { return show_duration(value); });
}

template <typename Object, typename T>
Field<Object> size(std::string name, T Object::*member, std::uint64_t least, std::uint64_t most,
                   std::string why) {
  return scalar(
      Doc{.name = std::move(name),
          .type = "size",
          .bounds = show_size(least) + " to " + show_size(most),
          .why = std::move(why),
          .schema = R"("type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$")"},
      member, [=](std::string_view text) { return parse_size(text, least, most); },
      [](T value) { return show_size(value); });
}

/// true or false.
template <typename Object>
Field<Object> flag(std::string name, bool Object::*member, std::string why) {
  return scalar(Doc{.name = std::move(name),
                    .type = "true or false",
                    .why = std::move(why),
                    .schema = R"("type": "boolean")"},
                member, parse_flag, [](bool value) { return std::string(value ? "true" : "false"); });
}

/// One of a closed set of words.
template <typename Object, typename T>
Field<Object> choice(std::string name, T Object::*member, std::vector<std::pair<std::string, T>> words,
                     std::string why) {
  std::string list;
  std::string schema;
  for (const auto& [word, value] : words) {
    list += (list.empty() ? "" : ", ") + word;
    schema += (schema.empty() ? "\"" : ", \"") + word + "\"";
  }
  // Written without quotes, 1.2 is a number for whoever checks by the schema.
  for (const auto& [word, value] : words) {
    if (word.find_first_not_of("0123456789.") == std::string::npos) schema += ", " + word;
  }
  return scalar(
      Doc{.name = std::move(name),
          .type = "one of " + list,
          .why = std::move(why),
          .schema = "\"enum\": [" + schema + "]"},
      member,
      [words, list](std::string_view text) -> Parsed<T> {
        std::vector<std::string_view> known;
        for (const auto& [word, value] : words) {
          if (word == text) return {value};
          known.push_back(word);
        }
        const auto meant = nearest(text, known);
        return {in_quotes(text) + " is not one of " + list +
                (meant ? "; did you mean " + std::string(*meant) + "?" : "")};
      },
      [words](T value) {
        for (const auto& [word, known] : words) {
          if (known == value) return word;
        }
        return std::string();
      });
}

/// Quotes text for YAML where a plain scalar would be read otherwise.
std::string yaml_text(const std::string& text);

/// Text that `check` accepts; it gives the sentence that says what is wrong, or nothing.
template <typename Object, typename Check>
Field<Object> text(std::string name, std::string Object::*member, std::string type, Check check,
                   std::string why) {
  auto field = scalar(
      Doc{.name = std::move(name),
          .type = std::move(type),
          .why = std::move(why),
          .schema = R"("type": "string")"},
      member,
      [check](std::string_view value) {
        return ParsedText{std::string(value), check(value)};
      },
      [](const std::string& value) { return yaml_text(value); });
  // Empty stands for nothing, unless the default is something.
  if ((Object{}.*member).empty()) {
    field.doc.standard.clear();
    field.show = [member](const Object& object) {
      return (object.*member).empty() ? std::string() : yaml_text(object.*member);
    };
  }
  return field;
}

template <typename Object>
Field<Object> endpoint(std::string name, Endpoint Object::*member, std::string why) {
  auto field = scalar(
      Doc{.name = std::move(name),
          .type = "address:port",
          .why = std::move(why),
          .schema = R"("type": "string")"},
      member, [](std::string_view value) { return parse_endpoint(value); },
      [](const Endpoint& value) { return yaml_text(value.text()); });
  field.doc.standard.clear();
  return field;
}

template <typename Object>
Field<Object> optional_endpoint(std::string name, std::optional<Endpoint> Object::*member, std::string why) {
  return scalar(
      Doc{.name = std::move(name),
          .type = "address:port",
          .why = std::move(why),
          .schema = R"("type": "string")"},
      member, [](std::string_view value) { return parse_endpoint(value); },
      [](const std::optional<Endpoint>& value) { return value ? yaml_text(value->text()) : std::string(); });
}

template <typename Object>
Field<Object> optional_address(std::string name, std::optional<IpAddress> Object::*member, std::string why) {
  return scalar(
      Doc{.name = std::move(name), .type = "address", .why = std::move(why), .schema = R"("type": "string")"},
      member,
      [](std::string_view value) -> Parsed<IpAddress> {
        if (const auto address = IpAddress::parse(value)) return {*address};
        return {in_quotes(value) + " is not an IP address"};
      },
      [](const std::optional<IpAddress>& value) { return value ? yaml_text(value->text()) : std::string(); });
}

/// A list of CIDR blocks, bare addresses among them.
template <typename Object>
Field<Object> networks(std::string name, std::vector<Prefix> Object::*member, std::string why) {
  Field<Object> field;
  field.doc = {.name = std::move(name),
               .type = "list of networks",
               .why = std::move(why),
               .schema = R"("type": "array", "items": {"type": "string"})",
               .shape = Doc::Shape::List};
  field.read = [member](Reader& reader, const Value& value, const std::string& path, Object& object) {
    if (value.kind != Value::Kind::List) return refuse_kind(reader, value, path, "a list of networks");
    read_networks(reader, value, path, object.*member);
  };
  field.show = [member](const Object& object) { return show_networks(object.*member); };
  return field;
}

/// A section of keys that lies within the object.
template <typename Object, typename Part>
Field<Object> section(std::string name, Part Object::*member, const Table<Part>& table, std::string why) {
  Field<Object> field;
  field.doc = {.name = std::move(name), .type = "section", .why = std::move(why), .shape = Doc::Shape::Map};
  for (const auto& child : table)
    field.doc.children.push_back(child.doc);
  field.read = [member, &table](Reader& reader, const Value& value, const std::string& path, Object& object) {
    read_map(reader, value, path, table, object.*member);
  };
  field.show = [member, &table](const Object& object) { return show_map(table, object.*member); };
  return field;
}

/// One line of flow YAML with every key of the table: "{a: 1, b: 2}".
template <typename Object>
std::string show_map(const Table<Object>& table, const Object& object) {
  std::string out;
  for (const auto& field : table) {
    const std::string value = field.show(object);
    if (!value.empty()) out += (out.empty() ? "" : ", ") + field.doc.name + ": " + value;
  }
  return "{" + out + "}";
}

template <typename Object>
Field<Object> required(Field<Object> field) {
  field.doc.required = true;
  field.doc.standard.clear();
  return field;
}

}  // namespace winrmlb::config
