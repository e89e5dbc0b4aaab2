// The little of GSSAPI (RFC 2744) that the authority and the logins share.
#pragma once

#include <string>
#include <string_view>

#include <gssapi/gssapi.h>

namespace winrmlb::sim {

// 1.3.6.1.4.1.311.2.2.10 (NTLMSSP), 1.3.6.1.5.5.2 (SPNEGO), 1.2.840.113554.1.2.2 (Kerberos 5).
inline gss_OID_desc kNtlm{10, const_cast<char*>("\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")};
inline gss_OID_desc kSpnego{6, const_cast<char*>("\x2b\x06\x01\x05\x05\x02")};
inline gss_OID_desc kKerberos{9, const_cast<char*>("\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")};

inline bool same(gss_OID a, const gss_OID_desc& b) {
  return a != GSS_C_NO_OID && std::string_view(static_cast<char*>(a->elements), a->length) ==
                                  std::string_view(static_cast<char*>(b.elements), b.length);
}

inline gss_buffer_desc buffer_of(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

/// The bytes; the buffer is released.
std::string taken(gss_buffer_desc& buffer);
/// What the library says of a failure, both levels of it.
std::string status_text(OM_uint32 major, OM_uint32 minor, gss_OID mechanism);

}  // namespace winrmlb::sim
