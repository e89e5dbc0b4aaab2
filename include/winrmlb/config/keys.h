// The keys of the configuration as data, and the documents that are made of them.
//
// One table (src/config/table.h) says for each key its type, default, bounds and why it exists. The loader
// reads by it, and what stands here is written from it, so that neither can say something else than the
// loader does.
#pragma once

#include <string>
#include <vector>

namespace winrmlb::config {

struct KeyInfo {
  std::string path;      // "pools.<name>.timeouts.idle", "listeners[].bind"
  std::string type;      // "duration", "size", "number", "one of balanced, hash, planned", …
  std::string standard;  // what holds if the key is not there; empty: it must be given, or stands for nothing
  std::string bounds;    // "1s to 7d"; empty: none
  std::string why;
};

/// Every key, in the order in which the reference shows them.
std::vector<KeyInfo> all_keys();

/// JSON Schema (draft 2020-12) of the configuration file; committed as config/winrm-lb.schema.json.
std::string json_schema();

/// A configuration that shows every key with its default and why; committed as config/winrm-lb.yaml.
std::string reference_yaml();

}  // namespace winrmlb::config
