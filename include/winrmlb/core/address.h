// IP addresses and prefixes as plain values: no sockets, no resolver.
//
// IPv4 is held as IPv4-mapped IPv6 (RFC 4291 2.5.5.2), so that both families share one key type, and a client
// that arrives on a dual-stack listener has the same address as on an IPv4 one.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace winrmlb {

class IpAddress {
 public:
  constexpr IpAddress() = default;
  static IpAddress from_v4(std::uint32_t host_order) noexcept;
  static IpAddress from_v6(const std::array<std::uint8_t, 16>& network_order) noexcept;
  /// Dotted quad or RFC 5952 text; no brackets, no zone. Strict: "010.0.0.1" and "1.2.3" are refused.
  static std::optional<IpAddress> parse(std::string_view text) noexcept;

  bool is_v4() const noexcept;
  bool is_loopback() const noexcept;
  const std::array<std::uint8_t, 16>& bytes() const noexcept { return bytes_; }
  std::uint32_t v4() const noexcept;  // host order; only if is_v4()
  /// The address with all but the first `bits` bits zeroed; for IPv4, bits counts in 0..32.
  IpAddress masked(unsigned bits) const noexcept;
  std::string text() const;  // "10.0.0.1", "2001:db8::1"

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// A CIDR block, e.g. 10.0.0.0/8.
struct Prefix {
  IpAddress address;
  std::uint8_t bits = 0;  // 0..32 for IPv4, 0..128 for IPv6

  /// "10.0.0.0/8", "fd00::/8", or a bare address (then /32 or /128). Host bits must be zero.
  static std::optional<Prefix> parse(std::string_view text) noexcept;
  bool contains(const IpAddress& other) const noexcept;
  std::string text() const;
  friend bool operator==(const Prefix&, const Prefix&) = default;
};

/// Whether an address lies in one of the blocks.
bool any_contains(std::span<const Prefix> blocks, const IpAddress& address) noexcept;

/// The key of affinity: a client's address, after masking by the pool's prefix lengths. A type of its own, so
/// that an unmasked address cannot be used as a key by mistake.
class ClientAddress {
 public:
  constexpr ClientAddress() = default;
  ClientAddress(const IpAddress& address, unsigned prefix4, unsigned prefix6) noexcept
      : address_(address.masked(address.is_v4() ? prefix4 : prefix6)) {}
  const IpAddress& ip() const noexcept { return address_; }
  std::string text() const { return address_.text(); }
  /// Well mixed 64 bits, the same in every process and on every machine (rendezvous ties rely on that).
  std::uint64_t hash() const noexcept;
  friend constexpr auto operator<=>(const ClientAddress&, const ClientAddress&) = default;

 private:
  IpAddress address_;
};

/// An address and a port, e.g. of a listener or a server.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  /// "10.0.0.1:5985", "[::1]:5986".
  static std::optional<Endpoint> parse(std::string_view text) noexcept;
  std::string text() const;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace winrmlb

template <>
struct std::hash<winrmlb::ClientAddress> {
  std::size_t operator()(const winrmlb::ClientAddress& address) const noexcept { return address.hash(); }
};
