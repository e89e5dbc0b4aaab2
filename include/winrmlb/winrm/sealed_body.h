// A sealed message as the body of a request or response: multipart/encrypted (MS-WSMV 2.2.9.1).
//
//   --Encrypted Boundary                       the scheme, and what was sealed
//   --Encrypted Boundary                       4 bytes: length of the signature; the signature; the sealed
//   bytes
//   --Encrypted Boundary--
//
// Pure, any thread. What sessions relay stays sealed; this is for the balancer's own messages.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::winrm {

inline constexpr std::string_view kSpnegoSealed = "application/HTTP-SPNEGO-session-encrypted";
inline constexpr std::string_view kKerberosSealed = "application/HTTP-Kerberos-session-encrypted";

/// Views: to what is written, or into what was read.
struct SealedParts {
  std::string_view signature;
  std::string_view bytes;
};

/// The value of the Content-Type field.
std::string sealed_content_type(std::string_view protocol);
std::string write_sealed_body(std::string_view protocol, std::size_t clear_bytes, const SealedParts& parts);
/// Of one sealed message; nothing if it is anything else.
std::optional<SealedParts> read_sealed_body(std::string_view body) noexcept;

}  // namespace winrmlb::winrm
