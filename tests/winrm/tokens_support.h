// Tokens of logins: some of real clients, and what it takes to make others, right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winrmlb::winrm {

/// Of MIT Kerberos for HTTP/winrm.test@WINRM.TEST; the realm and its keys were thrown away.
extern const std::string_view kRealKerberos;
/// The same within SPNEGO.
extern const std::string_view kRealSpnegoKerberos;
/// What a server of MIT Kerberos says to a ticket that its key does not open (code 31), alone and in a
/// rejection.
extern const std::string_view kRealKerberosError;
extern const std::string_view kRealSpnegoError;
/// Of a Python client: VOSS\\automate, with and without a channel binding.
extern const std::string_view kRealNtlmBound;
extern const std::string_view kRealNtlmUnbound;

inline constexpr std::string_view kNtlmNegotiate = "TlRMTVNTUAABAAAAMYKIIgAAAAAAAAAAAAAAAAAAAAAGAbEdAAAADw==";
inline constexpr std::string_view kNtlmChallenge = "TlRMTVNTUAACAAAADAAMADgAAAAzgooiASNFZ4mrze8AAAAAAAAAAA==";

/// One DER element.
std::string der(unsigned tag, std::string_view content);
/// The same with a length of four bytes, whatever it is.
std::string der_long(unsigned tag, std::string_view content, std::uint32_t length);

/// An AP-REQ with this ticket; `enc_bytes` of ciphertext follow the name.
std::string ap_req(std::string_view realm, const std::vector<std::string>& names,
                   std::size_t enc_bytes = 600);
std::string krb_error(std::string_view code);
/// RFC 4121 4.1: in its frame.
std::string kerberos_token(std::string_view id, std::string_view message);
std::string neg_token_init(std::string_view mech_token);
std::string neg_token_resp(std::string_view state, std::string_view response_token);

/// Base64 of a whole token for a service.
std::string ticket_for(const std::string& realm, const std::vector<std::string>& names);

}  // namespace winrmlb::winrm
