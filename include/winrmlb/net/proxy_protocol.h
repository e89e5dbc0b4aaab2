// The header with which a proxy in front says who the client is: PROXY protocol, versions 1 (text) and 2
// (binary), as specified by HAProxy's proxy-protocol.txt.
//
// Pure, any thread. Strict: what is not exactly such a header is an error, so that a client cannot talk its
// way into an address. The header is read in pieces that never reach beyond its end, since what follows
// belongs to TLS or HTTP.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"

namespace winrmlb::net {

inline constexpr std::size_t kProxyHeaderV1Bytes = 107;   // with its line end; fixed by the specification
inline constexpr std::size_t kProxyHeaderV2Bytes = 4096;  // with what it carries beyond addresses

struct ProxyHeader {
  /// 0: the header is whole. Else bytes that it still has at least, so that reading them reads nothing else.
  std::size_t needs = 0;
  /// Nothing: the proxy speaks for itself (LOCAL, UNKNOWN), as its health checks do.
  std::optional<Endpoint> client;
};

/// `so_far`: all that has come, never more than earlier calls asked for; first call with nothing.
Result<ProxyHeader> read_proxy_header(std::string_view so_far);

}  // namespace winrmlb::net
