// From the query and the body of a request to the arguments of an operation.
#include <algorithm>

#include <boost/json/parse.hpp>

#include "json_text.h"
#include "operations.h"
#include "winrmlb/core/text.h"

namespace winrmlb::admin {

namespace json = boost::json;

namespace {

constexpr std::size_t kMostText = 4096;

Error wrong(std::string what) { return {ErrorCode::Config, Side::Client, std::move(what)}; }

std::string quoted(std::string_view name) { return "'" + std::string(name.substr(0, 100)) + "'"; }

/// The names that may stand there, and whether one of them is near.
Error unknown(const Operation& operation, Parameter::In in, std::string_view name) {
  std::vector<std::string_view> known;
  std::string list;
  for (const auto& parameter : operation.parameters) {
    if (parameter.in != in) continue;
    known.push_back(parameter.name);
    list += (list.empty() ? "" : ", ") + std::string(parameter.name);
  }
  std::string detail = std::string(operation.name) + " takes no " + quoted(name);
  if (const auto near = nearest(name, known)) {
    detail += "; perhaps '" + std::string(*near) + "' was meant";
  } else {
    detail += list.empty() ? "; nothing belongs there" : "; it takes " + list;
  }
  return wrong(detail);
}

const Parameter* find(const Operation& operation, Parameter::In in, std::string_view name) {
  const auto found = std::find_if(operation.parameters.begin(), operation.parameters.end(),
                                  [&](const auto& one) { return one.in == in && one.name == name; });
  return found == operation.parameters.end() ? nullptr : &*found;
}

std::string range_of(const Parameter& parameter) {
  return std::to_string(parameter.least) + " to " + std::to_string(parameter.most);
}

Result<Argument> number_of(const Parameter& parameter, std::int64_t value) {
  if (value < parameter.least || value > parameter.most)
    return wrong(std::string(parameter.name) + " is a whole number, " + range_of(parameter));
  return Argument(value);
}

/// Of text, as it stands in paths and queries.
Result<Argument> value_of(const Parameter& parameter, std::string_view value) {
  const std::string name(parameter.name);
  if (value.size() > kMostText) return wrong(name + " is too long");
  switch (parameter.kind) {
    case Parameter::Kind::Text:
      if (value.empty()) return wrong(name + " is empty");
      return Argument(std::string(value));
    case Parameter::Kind::Address:
      if (!IpAddress::parse(value)) return wrong(quoted(value) + " is no IP address (" + name + ")");
      return Argument(std::string(value));
    case Parameter::Kind::Choice: {
      if (std::find(parameter.choices.begin(), parameter.choices.end(), value) != parameter.choices.end())
        return Argument(std::string(value));
      std::string all;
      for (const auto choice : parameter.choices)
        all += (all.empty() ? "" : ", ") + std::string(choice);
      return wrong(name + " is one of " + all + ", not " + quoted(value));
    }
    case Parameter::Kind::Number: {
      const auto number = parse_unsigned(value, INT64_MAX);
      if (!number)
        return wrong(name + " is a whole number, " + range_of(parameter) + ", not " + quoted(value));
      return number_of(parameter, static_cast<std::int64_t>(*number));
    }
    case Parameter::Kind::Flag:
      if (value == "true" || value == "false") return Argument(value == "true");
      return wrong(name + " is true or false, not " + quoted(value));
  }
  return wrong(name);
}

/// Of JSON, as it stands in bodies.
Result<Argument> value_of(const Parameter& parameter, const json::value& value) {
  const std::string name(parameter.name);
  if (parameter.kind == Parameter::Kind::Number) {
    boost::system::error_code error;
    const auto number = value.is_number() ? value.to_number<std::int64_t>(error) : 0;
    if (!value.is_number() || value.is_double() || error)
      return wrong(name + " is a whole number, " + range_of(parameter));
    return number_of(parameter, number);
  }
  if (parameter.kind == Parameter::Kind::Flag) {
    if (!value.is_bool()) return wrong(name + " is true or false");
    return Argument(value.get_bool());
  }
  if (!value.is_string()) return wrong(name + " is a string");
  return value_of(parameter, std::string_view(value.get_string()));
}

Status read_query(const Operation& operation, std::string_view query, Arguments& into) {
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto split = pair.find('=');
    const auto name = percent_decoded(pair.substr(0, split));
    const auto text = split == std::string_view::npos ? std::optional(std::string())
                                                      : percent_decoded(pair.substr(split + 1));
    if (!name || !text) return wrong("the query is not well encoded (RFC 3986 2.1)");
    const auto* parameter = find(operation, Parameter::In::Query, *name);
    if (!parameter) return unknown(operation, Parameter::In::Query, *name);
    auto value = value_of(*parameter, *text);
    if (!value) return value.error();
    if (!into.emplace(*name, std::move(*value)).second) return wrong(*name + " is given twice");
  }
  return Done{};
}

Status read_body(const Operation& operation, std::string_view body, Arguments& into) {
  if (trimmed(body).empty()) return Done{};
  boost::system::error_code error;
  const auto parsed = json::parse(json::string_view(body.data(), body.size()), error);
  if (error || !parsed.is_object()) return wrong("the body is not a JSON object (RFC 8259)");
  for (const auto& member : parsed.get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    const auto* parameter = find(operation, Parameter::In::Body, name);
    if (!parameter) return unknown(operation, Parameter::In::Body, name);
    auto value = value_of(*parameter, member.value());
    if (!value) return value.error();
    into.emplace(name, std::move(*value));
  }
  return Done{};
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Result<Arguments> read_arguments(const Operation& operation, Arguments from_path, std::string_view query,
                                 std::string_view body) {
  Arguments all;
  for (const auto& [name, given] : from_path) {
    const auto* parameter = find(operation, Parameter::In::Path, name);
    auto value = value_of(*parameter, std::string_view(std::get<std::string>(given)));
    if (!value) return value.error();
    all.emplace(name, std::move(*value));
  }
  if (auto read = read_query(operation, query, all); !read) return read.error();
  if (auto read = read_body(operation, body, all); !read) return read.error();
  for (const auto& parameter : operation.parameters) {
    if (parameter.need == Parameter::Need::Required && !all.contains(parameter.name))
      return wrong(std::string(operation.name) + " needs " + std::string(parameter.name) + ": " +
                   std::string(parameter.help));
  }
  return all;
}

std::string Call::text(std::string_view name) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? std::string() : std::get<std::string>(found->second);
}

std::optional<std::int64_t> Call::number(std::string_view name) const {
  const auto found = arguments_.find(name);
  if (found == arguments_.end()) return std::nullopt;
  return std::get<std::int64_t>(found->second);
}

bool Call::flag(std::string_view name) const {
  const auto found = arguments_.find(name);
  return found != arguments_.end() && std::get<bool>(found->second);
}

std::optional<IpAddress> Call::address(std::string_view name) const { return IpAddress::parse(text(name)); }

}  // namespace winrmlb::admin
