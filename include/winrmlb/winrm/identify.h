// Identify: the one WS-Management request that needs no login, used by health checks (DSP0226 11,
// MS-WSMV 3.1.4.1.23).
//
// Pure, any thread. It proves that the listener and the WinRM service answer; not that anyone can log in.
#pragma once

#include <string_view>

namespace winrmlb::winrm {

/// With this field no login is asked for: WSMANIDENTIFY: unauthenticated
inline constexpr std::string_view kIdentifyField = "WSMANIDENTIFY: unauthenticated";
inline constexpr std::string_view kIdentifyContentType = "application/soap+xml;charset=UTF-8";
inline constexpr std::string_view kIdentifyBody =
    R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
    R"(xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">)"
    R"(<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>)";

/// True if the body is an IdentifyResponse that names a product vendor. Looks at the first 16 KiB, builds no
/// tree.
bool is_identify_response(std::string_view body) noexcept;
/// The text of ProductVendor, e.g. "Microsoft Corporation", as it stands there; empty if it is no
/// IdentifyResponse.
std::string_view identify_vendor(std::string_view body) noexcept;
/// The same of ProductVersion, e.g. "OS: 10.0.20348 SP: 0.0 Stack: 3.0"; without a login Windows gives zeros.
std::string_view identify_version(std::string_view body) noexcept;

}  // namespace winrmlb::winrm
