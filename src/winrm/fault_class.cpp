// What each fault means for a balancer. The numbers' meanings are those of the Windows SDK's wsmerror.h.
#include "winrmlb/winrm/fault.h"

namespace winrmlb::winrm {

std::string_view name_of(FaultClass fault_class) noexcept {
  switch (fault_class) {
    case FaultClass::PollTimeout:
      return "poll_timeout";
    case FaultClass::ShellLost:
      return "shell_lost";
    case FaultClass::Quota:
      return "quota";
    case FaultClass::Busy:
      return "busy";
    case FaultClass::AccessDenied:
      return "access_denied";
    case FaultClass::ServiceDisabled:
      return "service_disabled";
    case FaultClass::Transport:
      return "transport";
    case FaultClass::Other:
      return "other";
  }
  return "other";
}

FaultClass class_of(FaultCode code) noexcept {
  switch (code) {
    case FaultCode::OperationTimedOut:
      return FaultClass::PollTimeout;
    case FaultCode::UnexpectedSelectors:
    case FaultCode::InvalidSelectors:
    case FaultCode::ClientSessionUnusable:
      return FaultClass::ShellLost;
    case FaultCode::QuotaMaxShells:
    case FaultCode::QuotaMaxOperations:
    case FaultCode::QuotaUser:
    case FaultCode::QuotaSystem:
    case FaultCode::QuotaMaxShellUsers:
    case FaultCode::QuotaShellsPerUser:
    case FaultCode::QuotaPluginUsers:
    case FaultCode::QuotaPluginShells:
    case FaultCode::QuotaPluginOperations:
    case FaultCode::QuotaOperationsPerUser:
    case FaultCode::QuotaCommandsPerShell:
    case FaultCode::QuotaResources:
      return FaultClass::Quota;
    case FaultCode::ReceiveInProgress:
    case FaultCode::ShellDisconnected:
    case FaultCode::ShellClientSessionMismatch:
    case FaultCode::ShellConnectedElsewhere:
    case FaultCode::CommandIdConflict:
    case FaultCode::ShellIdConflict:
    case FaultCode::StreamDisconnected:
    case FaultCode::ProfileUnloading:
      return FaultClass::Busy;
    case FaultCode::AccessDenied:
    case FaultCode::DifferentAuthorizationToken:
      return FaultClass::AccessDenied;
    case FaultCode::RemoteShellsNotAllowed:
    case FaultCode::RemoteAccessDisabled:
    case FaultCode::RemoteConnectionNotAllowed:
      return FaultClass::ServiceDisabled;
    case FaultCode::DestinationUnreachable:
    case FaultCode::EndpointUnavailable:
    case FaultCode::ContentTypeMissing:
    case FaultCode::ContentTypeMismatch:
    case FaultCode::CannotDecrypt:
    case FaultCode::UnknownHttpStatus:
    case FaultCode::HttpServiceUnavailable:
    case FaultCode::HttpNotFound:
    case FaultCode::NetworkTimedOut:
    case FaultCode::HttpInternalError:
    case FaultCode::HttpBadRequest:
    case FaultCode::HttpErrorPage:
      return FaultClass::Transport;
    case FaultCode::OperationAborted:
    case FaultCode::Cancelled:
    case FaultCode::InvalidMessageInformationHeader:
    case FaultCode::EncodingLimit:
    case FaultCode::EncodingLimitMaximum:
    case FaultCode::RedirectRequested:
    case FaultCode::PsrpVersionMismatch:
      return FaultClass::Other;
  }
  return FaultClass::Other;  // a number that is not in the enum
}

bool is_full(std::uint32_t code) noexcept {
  return code == static_cast<std::uint32_t>(FaultCode::QuotaMaxShells) ||
         code == static_cast<std::uint32_t>(FaultCode::QuotaSystem) ||
         code == static_cast<std::uint32_t>(FaultCode::QuotaMaxShellUsers);
}

}  // namespace winrmlb::winrm
