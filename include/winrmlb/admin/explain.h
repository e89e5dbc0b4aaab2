// explain: where a message of a client would go, and why, by the code that routes. Pure; changes nothing.
#pragma once

#include <optional>
#include <string>

#include <boost/json/object.hpp>

#include "winrmlb/admin/view.h"
#include "winrmlb/core/result.h"

namespace winrmlb::admin {

/// What is asked. The pool may be left out if there is only one, or if a listener is named, by which and
/// whose routes the client then comes.
struct Question {
  std::optional<IpAddress> client;
  std::string pool;
  std::string listener;
  std::string sni, host, path, resource, user;  // what routes go by
  std::string shell;                            // that the message names
  bool creates_shell = false;
  std::optional<proxy::SessionRow> session;  // that the message comes by: whose, and where its login lives
};

/// Error Config: what the question lacks; NotFound: what there is not.
Result<boost::json::object> explain(const View& view, const Question& question);

}  // namespace winrmlb::admin
