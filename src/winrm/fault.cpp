#include "winrmlb/winrm/fault.h"

#include <algorithm>

#include "winrmlb/core/text.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kUnexpectedSelectors =
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors";

constexpr auto kSender = FaultSide::Sender;
constexpr auto kReceiver = FaultSide::Receiver;

// clang-format off
constexpr FaultRow kRows[] = {  // in the order of the codes
    {FaultCode::AccessDenied,                    "access_denied",                      kSender,   "w:AccessDenied", ""},
    {FaultCode::OperationAborted,                "operation_aborted",                  kReceiver, "", ""},
    {FaultCode::Cancelled,                       "cancelled",                          kReceiver, "", ""},
    {FaultCode::ProfileUnloading,                "profile_unloading",                  kReceiver, "", ""},
    {FaultCode::InvalidMessageInformationHeader, "invalid_message_information_header", kSender,   "a:InvalidMessageInformationHeader", ""},
    {FaultCode::DestinationUnreachable,          "destination_unreachable",            kReceiver, "a:DestinationUnreachable", ""},
    {FaultCode::EndpointUnavailable,             "endpoint_unavailable",               kReceiver, "a:EndpointUnavailable", ""},
    {FaultCode::OperationTimedOut,               "operation_timed_out",                kReceiver, "w:TimedOut", ""},
    {FaultCode::InvalidSelectors,                "invalid_selectors",                  kSender,   "w:InvalidSelectors", ""},
    {FaultCode::EncodingLimit,                   "encoding_limit",                     kSender,   "w:EncodingLimit", ""},
    {FaultCode::EncodingLimitMaximum,            "encoding_limit_maximum",             kSender,   "w:EncodingLimit", ""},
    {FaultCode::UnexpectedSelectors,             "unexpected_selectors",               kSender,   "w:InvalidSelectors", kUnexpectedSelectors},
    {FaultCode::ContentTypeMissing,              "content_type_missing",               kReceiver, "", ""},
    {FaultCode::ContentTypeMismatch,             "content_type_mismatch",              kReceiver, "", ""},
    {FaultCode::CannotDecrypt,                   "cannot_decrypt",                     kReceiver, "", ""},
    {FaultCode::UnknownHttpStatus,               "unknown_http_status",                kReceiver, "", ""},
    {FaultCode::HttpServiceUnavailable,          "http_service_unavailable",           kReceiver, "", ""},
    {FaultCode::HttpNotFound,                    "http_not_found",                     kReceiver, "", ""},
    {FaultCode::NetworkTimedOut,                 "network_timed_out",                  kReceiver, "w:TimedOut", ""},
    {FaultCode::ReceiveInProgress,               "receive_in_progress",                kSender,   "", ""},
    {FaultCode::HttpInternalError,               "http_internal_error",                kReceiver, "", ""},
    {FaultCode::HttpBadRequest,                  "http_bad_request",                   kSender,   "w:InvalidParameter", ""},
    {FaultCode::HttpErrorPage,                   "http_error_page",                    kReceiver, "", ""},
    {FaultCode::RedirectRequested,               "redirect_requested",                 kSender,   "", ""},
    {FaultCode::QuotaMaxShells,                  "quota_max_shells",                   kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaMaxOperations,              "quota_max_operations",               kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaUser,                       "quota_user",                         kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaSystem,                     "quota_system",                       kSender,   "w:QuotaLimit", ""},
    {FaultCode::DifferentAuthorizationToken,     "different_authorization_token",      kSender,   "", ""},
    {FaultCode::QuotaMaxShellUsers,              "quota_max_shell_users",              kSender,   "w:QuotaLimit", ""},
    {FaultCode::RemoteShellsNotAllowed,          "remote_shells_not_allowed",          kReceiver, "", ""},
    {FaultCode::ShellDisconnected,               "shell_disconnected",                 kSender,   "", ""},
    {FaultCode::ShellClientSessionMismatch,      "shell_client_session_mismatch",      kSender,   "", ""},
    {FaultCode::ShellConnectedElsewhere,         "shell_connected_elsewhere",          kSender,   "", ""},
    {FaultCode::CommandIdConflict,               "command_id_conflict",                kSender,   "", ""},
    {FaultCode::ShellIdConflict,                 "shell_id_conflict",                  kSender,   "", ""},
    {FaultCode::RemoteAccessDisabled,            "remote_access_disabled",             kReceiver, "", ""},
    {FaultCode::StreamDisconnected,              "stream_disconnected",                kReceiver, "", ""},
    {FaultCode::RemoteConnectionNotAllowed,      "remote_connection_not_allowed",      kReceiver, "", ""},
    {FaultCode::QuotaShellsPerUser,              "quota_shells_per_user",              kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaPluginUsers,                "quota_plugin_users",                 kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaPluginShells,               "quota_plugin_shells",                kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaPluginOperations,           "quota_plugin_operations",            kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaOperationsPerUser,          "quota_operations_per_user",          kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaCommandsPerShell,           "quota_commands_per_shell",           kSender,   "w:QuotaLimit", ""},
    {FaultCode::QuotaResources,                  "quota_resources",                    kSender,   "w:QuotaLimit", ""},
    {FaultCode::ClientSessionUnusable,           "client_session_unusable",            kReceiver, "", ""},
    {FaultCode::PsrpVersionMismatch,             "psrp_version_mismatch",              kSender,   "", ""},
};
// clang-format on

static_assert(std::ranges::is_sorted(kRows, std::ranges::less_equal{}, &FaultRow::code));

constexpr std::string_view kEnvelope =
    R"(<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
    R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
    R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>)"
    R"(<a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action>)";
constexpr std::string_view kTo =
    R"(<a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>)";

void append_element(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += '<';
  out += name;
  out += '>';
  append_xml_escaped(out, text);
  out += "</";
  out += name;
  out += '>';
}

// SOAP 1.2 part 1 5.4.1: the value is a qualified name, so its prefix is one that the envelope declares.
void append_code(std::string& out, const FaultRow& row) {
  out += "<s:Code>";
  append_element(out, "s:Value", row.side == FaultSide::Sender ? "s:Sender" : "s:Receiver");
  if (!row.subcode.empty()) {
    out += "<s:Subcode>";
    append_element(out, "s:Value", row.subcode);
    out += "</s:Subcode>";
  }
  out += "</s:Code>";
}

void append_hex(std::string& out, std::uint64_t value, int digits) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += kHex[value >> shift & 15];
}

}  // namespace

const FaultRow* find_fault(std::uint32_t code) noexcept {
  const auto* found = std::ranges::lower_bound(kRows, static_cast<FaultCode>(code), {}, &FaultRow::code);
  return found != std::end(kRows) && static_cast<std::uint32_t>(found->code) == code ? found : nullptr;
}

std::string_view name_of(FaultCode code) noexcept {
  const auto* row = find_fault(static_cast<std::uint32_t>(code));
  return row == nullptr ? "unknown" : row->name;
}

std::string make_fault(const FaultMessage& message) {
  static constexpr FaultRow kUnknown{FaultCode::HttpInternalError, "unknown", FaultSide::Receiver, "", ""};
  const auto* found = find_fault(static_cast<std::uint32_t>(message.code));
  const FaultRow& row = found == nullptr ? kUnknown : *found;
  std::string out;
  out.reserve(1536);
  out += kEnvelope;
  append_element(out, "a:MessageID", message.message_id);
  out += kTo;
  append_element(out, "a:RelatesTo", message.relates_to);
  out += "</s:Header><s:Body><s:Fault>";
  append_code(out, row);
  out += R"(<s:Reason><s:Text xml:lang="en-US">)";
  append_xml_escaped(out, message.text);
  out += "</s:Text></s:Reason><s:Detail>";
  append_element(out, "w:FaultDetail", row.detail);
  out += R"(<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code=")";
  out += std::to_string(static_cast<std::uint32_t>(message.code));
  out += R"(" Machine="winrm-lb"><f:Message>)";
  append_xml_escaped(out, message.text);
  out += "</f:Message></f:WSManFault></s:Detail></s:Fault></s:Body></s:Envelope>";
  return out;
}

std::string message_id(std::uint64_t a, std::uint64_t b) {
  std::string out = "uuid:";
  append_hex(out, a >> 28, 8);
  out += '-';
  append_hex(out, a >> 12, 4);
  out += "-8";  // version 8: the numbers mean what we say they mean
  append_hex(out, a, 3);
  out += '-';
  append_hex(out, 0x8000 | (b >> 48 & 0x3fff), 4);
  out += '-';
  append_hex(out, b, 12);
  return out;
}

}  // namespace winrmlb::winrm
