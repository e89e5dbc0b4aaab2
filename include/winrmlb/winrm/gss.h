// What a token of NTLM, Negotiate or Kerberos carries: which mechanism, and which of its messages.
//
// Pure, any thread, no allocation. Not proof, as the rest of what is read of logins: it explains refusals and
// finds names for the log, it decides nothing. RFC 2743 3.1 (initial tokens), RFC 4178 4.2 (SPNEGO), RFC 4121
// 4.1 (Kerberos), MS-NLMP 2.2.1 (NTLM).
//
//   NTLM                       NTLMSSP…
//   Kerberos                   60 { OID krb5, id, AP-REQ … }
//   Negotiate, first           60 { OID spnego, NegTokenInit { mechTypes, mechToken: one of the above } }
//   Negotiate, further         a1 { NegTokenResp { negState, responseToken: one of the above } }
//   Negotiate without SPNEGO   NTLMSSP…, or 60 { OID krb5 … }
#pragma once

#include <cstdint>
#include <string_view>

namespace winrmlb::winrm {

enum class GssContent : std::uint8_t {
  Other,  // not understood, or of another mechanism
  NtlmNegotiate,
  NtlmChallenge,
  NtlmAuthenticate,
  KerberosRequest,   // AP-REQ
  KerberosResponse,  // AP-REP
  KerberosError,     // KRB-ERROR
  Rejection,         // a NegTokenResp that says reject
};

/// Looks at the first 2 KiB, where all of this stands.
GssContent gss_content(std::string_view token_text) noexcept;

}  // namespace winrmlb::winrm
