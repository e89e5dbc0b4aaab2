// The kinds of fields that name a file or a socket. All paths become absolute here: a relative one starts at
// the folder of the configuration file.
#pragma once

#include <string>
#include <utility>

#include "field_kinds.h"

namespace winrmlb::config {

/// `take` gives what is kept of the value, and reports what is wrong with it.
template <typename Object, typename Take>
Field<Object> path_field(Doc doc, std::string Object::*member, Take take) {
  Field<Object> field;
  field.doc = std::move(doc);
  field.doc.schema = R"("type": "string")";
  field.read = [member, take, wanted = "a " + field.doc.type](Reader& reader, const Value& value,
                                                              const std::string& path, Object& object) {
    if (value.kind != Value::Kind::Scalar) return refuse_kind(reader, value, path, wanted);
    object.*member = take(reader, value, path);
  };
  field.show = [member](const Object& object) { return yaml_text(object.*member); };
  field.doc.standard = field.show(Object{});
  return field;
}

/// A file that must be readable.
template <typename Object>
Field<Object> readable_file(std::string name, std::string Object::*member, std::string why,
                            std::string (*take)(Reader&, const Value&, const std::string&) = file_in) {
  auto field = path_field(Doc{.name = std::move(name), .type = "file", .why = std::move(why)}, member, take);
  field.doc.standard.clear();  // empty stands for none
  field.show = [member](const Object& object) {
    return (object.*member).empty() ? std::string() : yaml_text(object.*member);
  };
  return field;
}

/// The same, with a warning when others than its owner and group can read it.
template <typename Object>
Field<Object> private_key(std::string name, std::string Object::*member, std::string why) {
  return readable_file(std::move(name), member, std::move(why), private_key_in);
}

/// A socket that will be made.
template <typename Object>
Field<Object> socket_path(std::string name, std::string Object::*member, std::string why) {
  return path_field(Doc{.name = std::move(name), .type = "path", .why = std::move(why)}, member, socket_in);
}

/// A file that will be written.
template <typename Object>
Field<Object> output_file(std::string name, std::string Object::*member, std::string why) {
  return path_field(Doc{.name = std::move(name), .type = "file", .why = std::move(why)}, member, output_in);
}

}  // namespace winrmlb::config
