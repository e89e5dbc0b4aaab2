// Shapes: what the Api's answers look like, as a table, and the OpenAPI document made of it and of the
// operations. Pure. A test holds real answers against the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/admin/api.h"

namespace winrmlb::admin {

struct Member {
  enum class Type : std::uint8_t { Text, Integer, Boolean, Time, Object, Texts };  // Texts: name → text
  enum class Many : std::uint8_t { One, List, ListWithGaps };                      // gaps: null
  enum class Need : std::uint8_t { Always, Sometimes };
  std::string_view name;
  Type type = Type::Text;
  std::string_view help;
  Need need = Need::Always;
  Many many = Many::One;
  std::string_view shape = {};  // of an Object
};

struct Shape {
  std::string_view name;
  std::vector<Member> members;
};

const std::vector<Shape>& shapes();
/// OpenAPI 3.1 in YAML; committed as config/openapi.yaml.
std::string openapi(const std::vector<Operation>& operations);

}  // namespace winrmlb::admin
