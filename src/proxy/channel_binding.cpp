#include "winrmlb/proxy/channel_binding.h"

#include <algorithm>

namespace winrmlb::proxy {

std::string_view name_of(ChannelBinding binding) noexcept {
  switch (binding) {
    case ChannelBinding::Unknown:
      return "unknown";
    case ChannelBinding::Holds:
      return "holds";
    case ChannelBinding::DoesNotHold:
      return "does_not_hold";
  }
  return "unknown";
}

ChannelBinding channel_binding(const ListenerEntry& listener, const PoolEntry& pool,
                               const std::string& host) {
  if (listener.relays_tls()) return ChannelBinding::Holds;
  const auto leaf = pool.server_tls->leaves().of(host);
  if (!leaf || !listener.tls) return ChannelBinding::Unknown;
  const auto& ours = listener.tls->certificates();
  const bool same = std::any_of(ours.begin(), ours.end(),
                                [&](const auto& certificate) { return certificate.sha256 == *leaf; });
  return same ? ChannelBinding::Holds : ChannelBinding::DoesNotHold;
}

}  // namespace winrmlb::proxy
