// Whether clients that bind their login to the TLS channel pass to a server (RFC 5929, tls-server-end-point):
// they do where client and server see one and the same certificate.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "winrmlb/proxy/snapshot.h"

namespace winrmlb::proxy {

/// What clients with channel binding find at a server, seen from a TLS listener.
enum class ChannelBinding : std::uint8_t {
  Unknown,  // the server's certificate has not been seen yet
  Holds,    // both show the same certificate, or TLS is only relayed
  DoesNotHold,
};
std::string_view name_of(ChannelBinding binding) noexcept;

ChannelBinding channel_binding(const ListenerEntry& listener, const PoolEntry& pool, const std::string& host);

}  // namespace winrmlb::proxy
