// Faults: the WS-Management fault codes that a balancer meets or gives, and the SOAP message of its own.
//
// Pure, any thread. SOAP 1.2 part 1 5.4, WS-Management (DSP0226) 14, MS-WSMV 2.2.4.43 (WSManFault); the
// numbers are those of the Windows SDK's wsmerror.h, on the wire in decimal.
//
// One word must never stand in a text of ours: a common client takes any error that contains
// "OperationTimeout" for "nothing yet" and asks again, for ever. A test reads all texts for it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::winrm {

enum class FaultCode : std::uint32_t {
  AccessDenied = 5,
  OperationAborted = 995,  // shell or command closed while the request waited
  Cancelled = 1223,
  InvalidMessageInformationHeader = 2150858767,
  DestinationUnreachable = 2150858770,  // ours: the server was lost or cannot be reached
  EndpointUnavailable = 2150858772,     // ours: no server is available
  OperationTimedOut = 2150858793,       // of a long poll: nothing yet, ask again. Healthy; never ours
  InvalidSelectors = 2150858813,
  EncodingLimit = 2150858824,  // envelope too large
  EncodingLimitMaximum = 2150858825,
  UnexpectedSelectors = 2150858843,  // no such shell on that server
  ContentTypeMissing = 2150858999,
  ContentTypeMismatch = 2150859000,
  CannotDecrypt = 2150859001,
  UnknownHttpStatus = 2150859023,
  HttpServiceUnavailable = 2150859026,
  HttpNotFound = 2150859027,
  NetworkTimedOut = 2150859046,    // ours: no answer in time
  ReceiveInProgress = 2150859047,  // two Receives on one stream
  HttpInternalError = 2150859120,
  HttpBadRequest = 2150859121,  // ours: the request was refused
  HttpErrorPage = 2150859123,
  RedirectRequested = 2150859161,
  QuotaMaxShells = 2150859173,
  QuotaMaxOperations = 2150859174,
  QuotaUser = 2150859175,
  QuotaSystem = 2150859176,
  DifferentAuthorizationToken = 2150859177,
  QuotaMaxShellUsers = 2150859179,
  RemoteShellsNotAllowed = 2150859180,
  ShellDisconnected = 2150859204,
  ShellClientSessionMismatch = 2150859206,
  ShellConnectedElsewhere = 2150859213,
  CommandIdConflict = 2150859222,  // a duplicate delivery happened
  ShellIdConflict = 2150859223,
  RemoteAccessDisabled = 2150859229,
  StreamDisconnected = 2150859230,
  RemoteConnectionNotAllowed = 2150859235,
  QuotaShellsPerUser = 2150859236,  // this one and the next six: of the plug-in that hosts the shell
  QuotaPluginUsers = 2150859237,
  QuotaPluginShells = 2150859238,
  QuotaPluginOperations = 2150859239,
  QuotaOperationsPerUser = 2150859240,
  QuotaCommandsPerShell = 2150859241,
  QuotaResources = 2150859242,
  ClientSessionUnusable = 2150859258,  // the service restarted
  ProfileUnloading = 2147943418,
  PsrpVersionMismatch = 2152991685,
};

/// Whose fault it is, in SOAP's words.
enum class FaultSide : std::uint8_t { Sender, Receiver };

/// What the balancer knows of a code.
struct FaultRow {
  FaultCode code;
  std::string_view name;  // lower case, for logs and metric labels: "unexpected_selectors"
  FaultSide side;
  std::string_view subcode;  // qualified by the prefixes w (wsman.xsd) and a (addressing); empty: none
  std::string_view detail;   // URI of w:FaultDetail; empty: none
};

/// The row of a code; none for a number that is not in the enum.
const FaultRow* find_fault(std::uint32_t code) noexcept;
std::string_view name_of(FaultCode code) noexcept;

/// What a fault means for a balancer.
enum class FaultClass : std::uint8_t {
  PollTimeout,      // nothing yet, ask again: a success everywhere
  ShellLost,        // the server knows no such shell, or no longer
  Quota,            // a limit of the user, the server or the plug-in
  Busy,             // somebody or something else has it just now
  AccessDenied,     // the server runs it not for this user; never a reason to go elsewhere
  ServiceDisabled,  // the server takes nobody: it is set up wrongly
  Transport,        // between client and server, ours among them
  Other,
};
constexpr std::size_t kFaultClasses = static_cast<std::size_t>(FaultClass::Other) + 1;
/// Lower case, for metric labels: "poll_timeout".
std::string_view name_of(FaultClass fault_class) noexcept;
FaultClass class_of(FaultCode code) noexcept;
/// Of a number from the wire, known or not.
inline FaultClass class_of(std::uint32_t code) noexcept { return class_of(static_cast<FaultCode>(code)); }

/// Any quota.
inline bool is_quota(std::uint32_t code) noexcept { return class_of(code) == FaultClass::Quota; }
/// A quota that says that the server has no room for more shells of this user or of anybody: a Create may be
/// tried elsewhere, and new clients keep away for a while. (Operations of a shell that is there are not
/// helped by that.)
bool is_full(std::uint32_t code) noexcept;
/// Nobody gets in: a reason to take the server for unfit.
inline bool is_service_disabled(std::uint32_t code) noexcept {
  return class_of(code) == FaultClass::ServiceDisabled;
}

inline constexpr std::string_view kFaultContentType = "application/soap+xml;charset=UTF-8";

/// A fault to be made. The views must hold during make_fault only.
struct FaultMessage {
  FaultCode code = FaultCode::EndpointUnavailable;
  std::string_view text;        // one or two sentences for a person
  std::string_view relates_to;  // MessageID of the request; empty if not known
  std::string_view message_id;  // of this message, see message_id()
};

/// The SOAP 1.2 envelope, in UTF-8.
std::string make_fault(const FaultMessage& message);

/// "uuid:XXXXXXXX-XXXX-8XXX-8XXX-XXXXXXXXXXXX" (RFC 9562 5.8) of the low 60 bits of `a` and the low 62 of
/// `b`. They come from outside, so that this stays pure; different numbers give different ids.
std::string message_id(std::uint64_t a, std::uint64_t b);

}  // namespace winrmlb::winrm
