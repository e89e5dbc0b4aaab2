// The OpenAPI document, made of the operations and of the shapes of their answers.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "json_text.h"
#include "winrmlb/admin/shapes.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

json::object reference(std::string_view shape) {
  return {{"$ref", "#/components/schemas/" + std::string(shape)}};
}

json::object schema_of(const Member& member) {
  json::object one;
  switch (member.type) {
    case Member::Type::Text:
      one["type"] = "string";
      break;
    case Member::Type::Integer:
      one["type"] = "integer";
      break;
    case Member::Type::Boolean:
      one["type"] = "boolean";
      break;
    case Member::Type::Time:
      one["type"] = "string";
      one["format"] = "date-time";
      break;
    case Member::Type::Object:
      one = reference(member.shape);
      break;
    case Member::Type::Texts:
      one["type"] = "object";
      one["additionalProperties"] = json::object{{"type", "string"}};
      break;
  }
  if (member.many == Member::Many::ListWithGaps) one["type"] = json::array{one.at("type"), "null"};
  if (member.many != Member::Many::One) one = json::object{{"type", "array"}, {"items", std::move(one)}};
  one["description"] = text(member.help);
  return one;
}

json::object schemas() {
  json::object all;
  for (const auto& shape : shapes()) {
    json::array required;
    json::object members;
    for (const auto& member : shape.members) {
      if (member.need == Member::Need::Always) required.emplace_back(text(member.name));
      members[text(member.name)] = schema_of(member);
    }
    all[text(shape.name)] = json::object{
        {"type", "object"}, {"required", std::move(required)}, {"properties", std::move(members)}};
  }
  return all;
}

json::object schema_of(const Parameter& parameter) {
  switch (parameter.kind) {
    case Parameter::Kind::Number:
      return {{"type", "integer"}, {"minimum", parameter.least}, {"maximum", parameter.most}};
    case Parameter::Kind::Flag:
      return {{"type", "boolean"}};
    case Parameter::Kind::Choice: {
      json::array choices;
      for (const auto choice : parameter.choices)
        choices.emplace_back(text(choice));
      return {{"type", "string"}, {"enum", std::move(choices)}};
    }
    case Parameter::Kind::Text:
    case Parameter::Kind::Address:
      break;
  }
  return {{"type", "string"}};
}

json::array parameters_of(const Operation& operation) {
  json::array all;
  for (const auto& parameter : operation.parameters) {
    if (parameter.in == Parameter::In::Body) continue;
    all.push_back({{"name", text(parameter.name)},
                   {"in", parameter.in == Parameter::In::Path ? "path" : "query"},
                   {"required", parameter.need == Parameter::Need::Required},
                   {"description", text(parameter.help)},
                   {"schema", schema_of(parameter)}});
  }
  return all;
}

json::object body_of(const Operation& operation) {
  json::object members;
  json::array required;
  for (const auto& parameter : operation.parameters) {
    if (parameter.in != Parameter::In::Body) continue;
    auto schema = schema_of(parameter);
    schema["description"] = text(parameter.help);
    members[text(parameter.name)] = std::move(schema);
    if (parameter.need == Parameter::Need::Required) required.emplace_back(text(parameter.name));
  }
  if (members.empty()) return {};
  const bool needed = !required.empty();
  json::object schema{
      {"type", "object"}, {"properties", std::move(members)}, {"additionalProperties", false}};
  if (needed) schema["required"] = std::move(required);
  return {{"required", needed},
          {"content", json::object{{"application/json", json::object{{"schema", std::move(schema)}}}}}};
}

json::object answers_of(const Operation& operation) {
  json::object good{{"description", "As asked."}};
  if (!operation.answer.empty()) {
    good["content"] =
        json::object{{"application/json", json::object{{"schema", reference(operation.answer)}}}};
  } else {
    const char* type = operation.name == "events"    ? "text/event-stream"
                       : operation.name == "openapi" ? "application/yaml"
                                                     : "text/plain";
    good["content"] = json::object{{type, json::object{{"schema", json::object{{"type", "string"}}}}}};
  }
  json::object all{{"200", std::move(good)}};
  if (operation.access == Access::Free) return all;
  all["default"] = json::object{{"description", "What is wrong, and what would be right."},
                                {"content", json::object{{"application/problem+json",
                                                          json::object{{"schema", reference("Problem")}}}}}};
  return all;
}

json::object described(const Operation& operation) {
  json::object one{{"operationId", text(operation.name)}, {"summary", text(operation.help)}};
  if (operation.access == Access::Change)
    one["security"] = json::array{json::object{{"token", json::array()}}};
  if (operation.access == Access::Free) one["security"] = json::array();
  if (auto parameters = parameters_of(operation); !parameters.empty())
    one["parameters"] = std::move(parameters);
  if (auto body = body_of(operation); !body.empty()) one["requestBody"] = std::move(body);
  one["responses"] = answers_of(operation);
  return one;
}

void append_yaml(std::string& out, const json::value& value, std::size_t depth);

void append_members(std::string& out, const json::object& object, std::size_t depth, bool first_here) {
  for (const auto& member : object) {
    if (!first_here) out.append(depth * 2, ' ');
    first_here = false;
    const std::string key(member.key().data(), member.key().size());
    const bool plain =
        key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == std::string::npos;
    out += plain ? key : json::serialize(json::value(text(key)));
    out += ':';
    append_yaml(out, member.value(), depth + 1);
  }
}

// Strings are written as JSON writes them, which YAML reads alike.
void append_yaml(std::string& out, const json::value& value, std::size_t depth) {
  if (value.is_object() && !value.get_object().empty()) {
    out += '\n';
    append_members(out, value.get_object(), depth, false);
  } else if (value.is_array() && !value.get_array().empty() && value.get_array().front().is_object()) {
    out += '\n';
    for (const auto& item : value.get_array()) {
      out.append(depth * 2, ' ');
      out += "- ";
      append_members(out, item.get_object(), depth + 1, true);
    }
  } else {
    out += ' ' + json::serialize(value) + '\n';
  }
}

}  // namespace

std::string openapi(const std::vector<Operation>& operations) {
  json::object paths;
  for (const auto& operation : operations) {
    std::string method(operation.method);
    for (auto& c : method)
      c = static_cast<char>(c + ('a' - 'A'));
    if (!paths.contains(text(operation.path))) paths[text(operation.path)] = json::object();
    paths[text(operation.path)].get_object()[method] = described(operation);
  }
  const json::object all{
      {"openapi", "3.1.0"},
      {"info",
       json::object{
           {"title", "winrm-lb"},
           {"version", "1"},
           {"description",
            "The running balancer, over its control socket and over admin.bind. Over TCP, changes take a "
            "token of admin.token_file, and so does reading from another machine. Reads carry an ETag of "
            "the configuration; changes honour If-Match. Everything but text is JSON, times are UTC, and "
            "members may be added."}}},
      {"paths", std::move(paths)},
      {"components",
       json::object{
           {"securitySchemes", json::object{{"token", json::object{{"type", "http"}, {"scheme", "bearer"}}}}},
           {"schemas", schemas()}}}};
  std::string out = "# The API of winrm-lb. Made from its table of operations; do not edit.\n";
  append_members(out, all, 0, false);
  return out;
}

}  // namespace winrmlb::admin
