// What ties a login to the TLS channel that it came through (RFC 5056, RFC 5929 §4; MS-NLMP 2.2.2.1).
//
// Pure but for the file of the certificate. The server hashes its own certificate once at start; a client
// that saw another certificate, because somebody else ended its TLS, has hashed that one, and is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::sim {

/// "tls-server-end-point:" and the hash of the first certificate in a PEM file, by the hash of its own
/// signature (SHA-256 in place of MD5 and SHA-1). Throws with a sentence that names the file.
std::string tls_server_end_point(const std::string& certificate_file);

/// What an NTLM token says of the channel, also within SPNEGO's wrapping.
struct NtlmBinding {
  bool authenticates = false;        // an AUTHENTICATE_MESSAGE: the only one that could tell
  std::optional<std::string> token;  // MsvAvChannelBindings, 16 bytes; zeros count as none
};
NtlmBinding ntlm_binding(std::string_view token);

}  // namespace winrmlb::sim
