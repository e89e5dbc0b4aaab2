// YAML text as a small tree of our own, with the place of every value. The only file beside yaml.cpp that
// stands near yaml-cpp; its types do not appear here.
//
// Built from the parser's events rather than its nodes: duplicate keys stay visible, and depth and number of
// values are bounded while reading, before a bomb of aliases or brackets has gone off.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "report.h"

namespace winrmlb::config {

struct Entry;

struct Value {
  enum class Kind : std::uint8_t { Null, Scalar, List, Map };
  Kind kind = Kind::Null;
  Place place;
  std::string text;            // Scalar
  std::vector<Value> items;    // List
  std::vector<Entry> entries;  // Map, in the order of the file, duplicates included
};

struct Entry {
  std::string key;
  Place place;
  Value value;
};

/// The one document in `text`. What is wrong with it is in `report`, and then the tree is a Null.
Value parse_yaml(std::string_view text, std::size_t file, Report& report);

}  // namespace winrmlb::config
