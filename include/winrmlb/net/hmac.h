// HMAC-SHA-256 (RFC 2104, FIPS 180-4) and a comparison whose time tells nothing, on OpenSSL.
//
// Pure, any thread; in net because that is OpenSSL's home.
#pragma once

#include <array>
#include <string_view>

namespace winrmlb::net {

using HmacSha256 = std::array<char, 32>;

HmacSha256 hmac_sha256(std::string_view key, std::string_view message);

/// Equal bytes. How long it takes depends on the length alone, not on where two differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

}  // namespace winrmlb::net
