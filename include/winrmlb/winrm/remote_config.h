// A server's own configuration, as WS-Management tells it: Get of winrm/config (MS-WSMV 2.2.4.39). What a
// farm of servers should agree on stands there: quotas, schemes, how strictly logins are bound to the
// channel.
//
// Pure, any thread. Messages are made and answers read; nothing is sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace winrmlb::winrm {

std::string make_get_config(std::string_view to, std::string_view message_id);

struct ConfigValue {
  std::string name;  // "Service/Auth/Basic", "MaxEnvelopeSizekb"
  std::string value;
};

/// What matters of the answer, in the order of the document; nothing if it is no configuration.
struct RemoteConfig {
  std::vector<ConfigValue> values;
  /// Empty if the server did not say.
  std::string_view value(std::string_view name) const noexcept;
};
std::optional<RemoteConfig> read_remote_config(std::string_view answer);

}  // namespace winrmlb::winrm
