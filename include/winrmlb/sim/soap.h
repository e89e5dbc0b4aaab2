// A WS-Management request as read from the wire, and the envelopes of the answers (DSP0226, MS-WSMV 2.2).
//
// Pure. Elements are matched by namespace URI, never by prefix. The balancer has its own scanner for the same
// headers; this reader goes through a whole XML parser on purpose, so that the two can disagree in a test.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "winrmlb/core/result.h"

namespace winrmlb::sim {

namespace ns {
inline constexpr std::string_view kSoap = "http://www.w3.org/2003/05/soap-envelope";
inline constexpr std::string_view kAddressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing";
inline constexpr std::string_view kWsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd";
inline constexpr std::string_view kMicrosoft = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd";
inline constexpr std::string_view kTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
inline constexpr std::string_view kEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration";
inline constexpr std::string_view kShell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
inline constexpr std::string_view kConfig = "http://schemas.microsoft.com/wbem/wsman/1/config";
inline constexpr std::string_view kFault = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault";
inline constexpr std::string_view kIdentity =
    "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd";
inline constexpr std::string_view kPowerShell = "http://schemas.microsoft.com/powershell";
inline constexpr std::string_view kCmdResource =
    "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
}  // namespace ns

/// What a request is asked to do. Other: an action this server does not know.
enum class Action : std::uint8_t {
  Identify,
  Get,
  Create,
  Delete,
  Enumerate,
  Pull,
  Release,
  Command,
  Send,
  Receive,
  Signal,
  Disconnect,
  Reconnect,
  Connect,
  Other,
};
std::string_view name_of(Action action);

struct SoapRequest {
  Action action = Action::Other;
  std::string action_uri;
  std::string resource_uri;
  std::string message_id;       // as sent, with "uuid:"
  std::string shell_id;         // of the selector; upper case, no braces
  std::string session_id;       // p:SessionId
  std::string operation_id;     // p:OperationID
  bool retransmission = false;  // OperationID marked mustUnderstand="true"
  std::optional<std::chrono::milliseconds> operation_timeout;
  std::size_t max_envelope_bytes = 153'600;
  std::map<std::string, std::string> options;
  std::shared_ptr<pugi::xml_document> document;  // owns what body points into
  pugi::xml_node body;
};

/// Reads an envelope in UTF-8 or UTF-16 (either order; told by byte order mark or by the first characters).
Result<SoapRequest> parse_request(std::string_view bytes);

/// xs:duration as used here: "PT20S", "PT180.000S", "P0DT1H2M3.5S"; nothing for what is not one.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "PT7200.000S".
std::string duration_text(std::chrono::milliseconds duration);

/// A GUID as one spelling: upper case, no braces, no "uuid:".
std::string normal_guid(std::string_view text);
/// A fresh random GUID in that spelling.
std::string new_guid();

/// The first child element of that name and namespace, or an empty node.
pugi::xml_node child_of(const pugi::xml_node& parent, std::string_view space, std::string_view local);
std::vector<pugi::xml_node> children_of(const pugi::xml_node& parent, std::string_view space,
                                        std::string_view local);
/// Local part of a possibly prefixed name.
std::string_view local_name(std::string_view qualified);

/// An answer's envelope: header with `action_uri` and RelatesTo, then `body` as it is.
std::string answer_envelope(std::string_view action_uri, std::string_view relates_to, std::string_view body);

std::string base64_encode(std::string_view bytes);
/// Padding optional, white space between ignored; nothing for other foreign characters.
std::optional<std::string> base64_decode(std::string_view text);
/// UTF-16LE to UTF-8; lone surrogates become U+FFFD.
std::string utf8_from_utf16le(std::string_view bytes);
std::string utf16le_from_utf8(std::string_view text);

}  // namespace winrmlb::sim
