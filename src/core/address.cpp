#include "winrmlb/core/address.h"

#include <algorithm>
#include <arpa/inet.h>

#include "winrmlb/core/check.h"
#include "winrmlb/core/hash.h"
#include "winrmlb/core/text.h"

namespace winrmlb {

namespace {
constexpr std::array<std::uint8_t, 12> kV4Mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
}

IpAddress IpAddress::from_v4(std::uint32_t host_order) noexcept {
  IpAddress address;
  std::memcpy(address.bytes_.data(), kV4Mapped.data(), kV4Mapped.size());
  for (int i = 0; i < 4; ++i)
    address.bytes_[12 + i] = static_cast<std::uint8_t>(host_order >> (24 - 8 * i));
  return address;
}

IpAddress IpAddress::from_v6(const std::array<std::uint8_t, 16>& network_order) noexcept {
  IpAddress address;
  address.bytes_ = network_order;
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  // inet_pton wants a terminated string; the longest IPv6 text has 45 characters.
  char terminated[46];
  if (text.empty() || text.size() >= sizeof terminated) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  if (std::strlen(terminated) != text.size()) return std::nullopt;
  in_addr v4{};
  if (inet_pton(AF_INET, terminated, &v4) == 1) return from_v4(ntohl(v4.s_addr));
  std::array<std::uint8_t, 16> v6{};
  if (inet_pton(AF_INET6, terminated, v6.data()) == 1) return from_v6(v6);
  return std::nullopt;
}

bool IpAddress::is_v4() const noexcept {
  return std::memcmp(bytes_.data(), kV4Mapped.data(), kV4Mapped.size()) == 0;
}

bool IpAddress::is_loopback() const noexcept {
  if (is_v4()) return bytes_[12] == 127;
  static constexpr std::array<std::uint8_t, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return bytes_ == kLoopback;
}

std::uint32_t IpAddress::v4() const noexcept {
  WINRMLB_CHECK(is_v4());
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value = value << 8 | bytes_[12 + i];
  return value;
}

IpAddress IpAddress::masked(unsigned bits) const noexcept {
  const unsigned kept = is_v4() ? 96 + std::min(bits, 32U) : std::min(bits, 128U);
  if (kept == 128) return *this;
  IpAddress result = *this;
  for (unsigned i = 0; i < 16; ++i) {
    if (kept >= 8 * (i + 1)) continue;
    const unsigned kept_here = kept > 8 * i ? kept - 8 * i : 0;
    result.bytes_[i] = static_cast<std::uint8_t>(result.bytes_[i] & (0xff00U >> kept_here));
  }
  return result;
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN];
  if (is_v4()) {
    inet_ntop(AF_INET, bytes_.data() + 12, buffer, sizeof buffer);
  } else {
    inet_ntop(AF_INET6, bytes_.data(), buffer, sizeof buffer);
  }
  return buffer;
}

std::optional<Prefix> Prefix::parse(std::string_view text) noexcept {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned widest = address->is_v4() ? 32 : 128;
  unsigned bits = widest;
  if (slash != std::string_view::npos) {
    const auto parsed = parse_unsigned(text.substr(slash + 1), widest);
    if (!parsed) return std::nullopt;
    bits = static_cast<unsigned>(*parsed);
  }
  if (address->masked(bits) != *address) return std::nullopt;
  return Prefix{*address, static_cast<std::uint8_t>(bits)};
}

bool Prefix::contains(const IpAddress& other) const noexcept {
  return other.is_v4() == address.is_v4() && other.masked(bits) == address;
}

std::string Prefix::text() const { return address.text() + "/" + std::to_string(bits); }

bool any_contains(std::span<const Prefix> blocks, const IpAddress& address) noexcept {
  return std::any_of(blocks.begin(), blocks.end(),
                     [&address](const Prefix& block) { return block.contains(address); });
}

std::uint64_t ClientAddress::hash() const noexcept {
  const auto& bytes = address_.bytes();
  return stable_hash(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) noexcept {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 2 || host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // IPv6 needs its brackets here
  }
  const auto address = IpAddress::parse(host);
  const auto port = parse_unsigned(text.substr(colon + 1), 65535);
  if (!address || !port) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

std::string Endpoint::text() const {
  const auto host = address.text();
  return (address.is_v4() ? host : "[" + host + "]") + ":" + std::to_string(port);
}

}  // namespace winrmlb
