#include "winrmlb/net/proxy_protocol.h"

#include <algorithm>
#include <array>

#include "winrmlb/core/text.h"

namespace winrmlb::net {

namespace {

constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::string_view kSignature2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kShortest = 15;   // "PROXY UNKNOWN\r\n"
constexpr std::size_t kFixedPart = 16;  // of version 2

Error wrong(std::string what) {
  return {ErrorCode::BadRequest, Side::Client, "PROXY protocol: " + std::move(what)};
}

bool begins_as(std::string_view bytes, std::string_view signature) {
  const auto length = std::min(bytes.size(), signature.size());
  return bytes.substr(0, length) == signature.substr(0, length);
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }
std::size_t number_at(std::string_view bytes, std::size_t at) {
  return std::size_t{byte_at(bytes, at)} << 8 | byte_at(bytes, at + 1);
}

// ---- version 1: one line
// --------------------------------------------------------------------------------------------

std::string_view next_word(std::string_view& line) {
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  line.remove_prefix(space == line.npos ? line.size() : space + 1);
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  const auto port = parse_unsigned(text, 65535);
  return port ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

std::optional<IpAddress> address_of(std::string_view text, bool v4) {
  const bool looks_v4 = text.find(':') == text.npos;
  return looks_v4 == v4 ? IpAddress::parse(text) : std::nullopt;
}

Result<ProxyHeader> read_line(std::string_view line) {
  line.remove_prefix(kSignature1.size());
  const auto family = next_word(line);
  if (family == "UNKNOWN") return ProxyHeader{};  // whatever else it says is not to be looked at
  if (family != "TCP4" && family != "TCP6") return wrong("neither TCP4, TCP6 nor UNKNOWN");
  if (std::count(line.begin(), line.end(), ' ') != 3) return wrong("not two addresses and two ports");
  const bool v4 = family == "TCP4";
  const auto client = address_of(next_word(line), v4);
  const auto local = address_of(next_word(line), v4);
  const auto client_port = port_of(next_word(line));
  const auto local_port = port_of(next_word(line));
  if (!client || !local) return wrong("an address that is none of its family");
  if (!client_port || !local_port) return wrong("a port that is none");
  return ProxyHeader{0, Endpoint{*client, *client_port}};
}

Result<ProxyHeader> read_version_1(std::string_view so_far) {
  const auto end = so_far.find('\r');
  if (end == so_far.npos) {
    if (so_far.size() + 2 > kProxyHeaderV1Bytes) return wrong("the line is too long");
    return ProxyHeader{std::max<std::size_t>(2, kShortest - std::min(kShortest, so_far.size())), {}};
  }
  if (end + 2 > kProxyHeaderV1Bytes) return wrong("the line is too long");
  if (end + 1 == so_far.size()) return ProxyHeader{1, {}};
  if (so_far[end + 1] != '\n' || end + 2 != so_far.size()) return wrong("a line end within the line");
  return read_line(so_far.substr(0, end));
}

// ---- version 2: binary
// ----------------------------------------------------------------------------------------------

// What stands behind the addresses: type, length, value, as often as it likes. Nothing of it is used, but a
// header that does not add up is none.
bool adds_up(std::string_view values) {
  while (!values.empty()) {
    if (values.size() < 3) return false;
    const std::size_t length = number_at(values, 1);
    if (values.size() - 3 < length) return false;
    values.remove_prefix(3 + length);
  }
  return true;
}

Result<ProxyHeader> read_addresses(std::uint8_t family, std::string_view rest) {
  constexpr std::uint8_t kUnspecified = 0x00;
  constexpr std::uint8_t kTcp4 = 0x11;
  constexpr std::uint8_t kTcp6 = 0x21;
  if (family == kUnspecified) return ProxyHeader{};
  if (family != kTcp4 && family != kTcp6) return wrong("an address family that carries no TCP");
  const std::size_t width = family == kTcp4 ? 4 : 16;
  const std::size_t addresses = 2 * width + 4;
  if (rest.size() < addresses) return wrong("too short for its addresses");
  if (!adds_up(rest.substr(addresses))) return wrong("its values do not add up");
  const auto port = static_cast<std::uint16_t>(number_at(rest, 2 * width));
  if (family == kTcp4) {
    const auto address = static_cast<std::uint32_t>(number_at(rest, 0) << 16 | number_at(rest, 2));
    return ProxyHeader{0, Endpoint{IpAddress::from_v4(address), port}};
  }
  std::array<std::uint8_t, 16> address{};
  std::transform(rest.begin(), rest.begin() + 16, address.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return ProxyHeader{0, Endpoint{IpAddress::from_v6(address), port}};
}

Result<ProxyHeader> read_version_2(std::string_view so_far) {
  if (so_far.size() < kFixedPart) {
    // Until the fixed part is whole, not one byte more than the shortest header of all is asked for.
    return ProxyHeader{kFixedPart - so_far.size(), {}};
  }
  const auto version_and_command = byte_at(so_far, 12);
  if (version_and_command >> 4 != 2) return wrong("not of version 2");
  const unsigned command = version_and_command & 15U;
  if (command > 1) return wrong("neither LOCAL nor PROXY");
  const std::size_t whole = kFixedPart + number_at(so_far, 14);
  if (whole > kProxyHeaderV2Bytes) return wrong("longer than the limit");
  if (so_far.size() < whole) return ProxyHeader{whole - so_far.size(), {}};
  if (so_far.size() > whole) return wrong("more than the header was read");
  constexpr unsigned kLocal = 0;
  if (command == kLocal) return ProxyHeader{};
  return read_addresses(byte_at(so_far, 13), so_far.substr(kFixedPart));
}

}  // namespace

Result<ProxyHeader> read_proxy_header(std::string_view so_far) {
  if (so_far.empty()) return ProxyHeader{kShortest, {}};
  if (begins_as(so_far, kSignature1)) return read_version_1(so_far);
  if (begins_as(so_far, kSignature2)) return read_version_2(so_far);
  return wrong("the connection does not begin with its header");
}

}  // namespace winrmlb::net
