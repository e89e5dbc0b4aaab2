// ControlClient: asks a running winrm-lb over its control socket. Blocks; for the command line.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "winrmlb/core/result.h"

namespace winrmlb::admin {

struct Reply {
  std::string body;  // as it came
  boost::json::object json;
};

class ControlClient {
 public:
  explicit ControlClient(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  /// `target` below /api/v1, encoded: "/status", "/sessions?limit=10". Error System: nobody answers there;
  /// Config: the answer is a problem (its detail).
  Result<Reply> get(std::string_view target) const { return ask("GET", target, {}); }
  Result<Reply> ask(std::string_view method, std::string_view target, const boost::json::object& body) const;

 private:
  std::string socket_path_;
};

/// As it may stand in a path or a query (RFC 3986 2.1).
std::string percent_encoded(std::string_view text);

}  // namespace winrmlb::admin
