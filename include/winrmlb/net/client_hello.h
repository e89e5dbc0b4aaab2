// The first message of a TLS client, as far as it is in clear: the name it asks for and the protocols it
// offers. For listeners that relay TLS without ending it.
//
// Pure, any thread; bounded. RFC 8446 4.1.2 and 5.1, RFC 5246 7.4.1.2, RFC 6066 3 (server name), RFC 7301
// 3.1 (ALPN).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "winrmlb/core/result.h"

namespace winrmlb::net {

inline constexpr std::size_t kClientHelloBytes = 12 * 1024;  // with its record headers

struct ClientHello {
  bool whole = false;       // false: more bytes are needed
  std::string server_name;  // lower case; empty: none was asked for
  std::string protocols;    // "h2, http/1.1"; empty: none were offered
};

/// `so_far`: all that the client has sent. Error: that is not, or no longer, the beginning of a ClientHello.
Result<ClientHello> read_client_hello(std::string_view so_far);

}  // namespace winrmlb::net
