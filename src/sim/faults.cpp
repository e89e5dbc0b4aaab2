#include "winrmlb/sim/faults.h"

#include "winrmlb/core/text.h"
#include "winrmlb/sim/soap.h"

namespace winrmlb::sim {

namespace {

constexpr std::string_view kSender = "s:Sender";
constexpr std::string_view kReceiver = "s:Receiver";

constexpr FaultFacts kTimedOut{2150858793, kReceiver, "w:TimedOut", "OperationTimeout",
                               "There was nothing to report within the time given by OperationTimeout."};
constexpr FaultFacts kShellNotFound{2150858843, kSender, "w:InvalidSelectors", "UnexpectedSelectors",
                                    "No shell of this ShellId is on this server; it may have been deleted."};
constexpr FaultFacts kCommandNotFound{87, kReceiver, "w:InternalError", "",
                                      "No command of this CommandId is in the shell."};
constexpr FaultFacts kAccessDenied{5, kSender, "w:AccessDenied", "", "Access is denied."};
constexpr FaultFacts kAborted{995, kReceiver, "w:InternalError", "",
                              "The operation was ended because its shell or command was closed."};
constexpr FaultFacts kReceiveInProgress{2150859047, kSender, "w:InternalError", "",
                                        "Another Receive on this stream has not been answered yet."};
constexpr FaultFacts kShellExists{2150859223, kSender, "w:InvalidParameter", "",
                                  "A shell of this ShellId is on this server already."};
constexpr FaultFacts kCommandExists{2150859222, kSender, "w:InvalidParameter", "",
                                    "A command of this CommandId is in the shell already."};
constexpr FaultFacts kShellDisconnected{2150859204, kReceiver, "w:InternalError", "",
                                        "The shell is disconnected; connect to it first."};
constexpr FaultFacts kDisconnectNotSupported{2150859205, kReceiver, "w:InternalError", "",
                                             "Shells of this kind cannot be disconnected."};
constexpr FaultFacts kStreamDisconnected{2150859230, kReceiver, "w:InternalError", "",
                                         "The stream ended because the shell was disconnected."};
constexpr FaultFacts kSessionMismatch{2150859206, kSender, "w:InternalError", "",
                                      "The shell was made under another SessionId."};
constexpr FaultFacts kConnectedElsewhere{2150859213, kSender, "w:InternalError", "",
                                         "The shell is in use by another client."};
constexpr FaultFacts kQuotaShells{2150859173, kReceiver, "w:QuotaLimit", "",
                                  "The user has as many shells on this server as one user may have."};
constexpr FaultFacts kQuotaOperations{2150859174, kReceiver, "w:InternalError", "",
                                      "The user has as many operations on this server as one user may have."};
constexpr FaultFacts kQuotaSystem{2150859176, kReceiver, "w:QuotaLimit", "",
                                  "The server is too busy; wait before the next request."};
constexpr FaultFacts kQuotaShellUsers{2150859179, kReceiver, "w:QuotaLimit", "",
                                      "As many users have shells on this server as may have them at once."};
constexpr FaultFacts kIdleTimeoutOutOfRange{
    2150859250, kSender, "w:InvalidParameter", "",
    "The idle timeout asked for is outside the range that is allowed."};
constexpr FaultFacts kEnvelopeTooLarge{2150858825, kSender, "w:EncodingLimit", "ServiceEnvelopeLimit",
                                       "The envelope is larger than this server accepts."};
constexpr FaultFacts kDuplicateOperation{2150858767, kSender, "a:InvalidMessageInformationHeader", "",
                                         "An operation of this OperationID was asked for before."};
constexpr FaultFacts kActionNotSupported{2150858771, kSender, "a:ActionNotSupported", "",
                                         "This server does not know the action, or not for this resource."};
constexpr FaultFacts kInvalidResource{2150858811, kSender, "a:DestinationUnreachable", "InvalidResourceURI",
                                      "No resource of this ResourceURI is on this server."};
constexpr FaultFacts kInvalidEnumeration{2150858779, kReceiver, "n:InvalidEnumerationContext", "",
                                         "No enumeration of this context is under way."};
constexpr FaultFacts kSchemaViolation{
    2150858817, kSender, "w:SchemaValidationError", "",
    "The message is not a WS-Management request, or a part of it is missing."};

// The operation quota comes as a WMI error instead of a WSManFault, and one client recognises it only so.
std::string wmi_error(const FaultFacts& facts) {
  std::string out =
      "<p:MSFT_WmiError b:IsCIM_Error=\"true\" "
      "xmlns:p=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError\" "
      "xmlns:b=\"http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd\">"
      "<p:CIMStatusCode>27</p:CIMStatusCode><p:Message>";
  append_xml_escaped(out, facts.text);
  out += "</p:Message><p:MessageID>HRESULT 0x803381a6</p:MessageID><p:error_Code>" +
         std::to_string(facts.code) + "</p:error_Code><p:error_Type>HRESULT</p:error_Type></p:MSFT_WmiError>";
  return out;
}

}  // namespace

const FaultFacts& facts_of(Fault fault) {
  switch (fault) {
    case Fault::TimedOut:
      return kTimedOut;
    case Fault::ShellNotFound:
      return kShellNotFound;
    case Fault::CommandNotFound:
      return kCommandNotFound;
    case Fault::AccessDenied:
      return kAccessDenied;
    case Fault::Aborted:
      return kAborted;
    case Fault::ReceiveInProgress:
      return kReceiveInProgress;
    case Fault::ShellExists:
      return kShellExists;
    case Fault::CommandExists:
      return kCommandExists;
    case Fault::ShellDisconnected:
      return kShellDisconnected;
    case Fault::DisconnectNotSupported:
      return kDisconnectNotSupported;
    case Fault::StreamDisconnected:
      return kStreamDisconnected;
    case Fault::SessionMismatch:
      return kSessionMismatch;
    case Fault::ConnectedElsewhere:
      return kConnectedElsewhere;
    case Fault::QuotaShells:
      return kQuotaShells;
    case Fault::QuotaOperations:
      return kQuotaOperations;
    case Fault::QuotaSystem:
      return kQuotaSystem;
    case Fault::QuotaShellUsers:
      return kQuotaShellUsers;
    case Fault::IdleTimeoutOutOfRange:
      return kIdleTimeoutOutOfRange;
    case Fault::EnvelopeTooLarge:
      return kEnvelopeTooLarge;
    case Fault::DuplicateOperation:
      return kDuplicateOperation;
    case Fault::ActionNotSupported:
      return kActionNotSupported;
    case Fault::InvalidResource:
      return kInvalidResource;
    case Fault::InvalidEnumeration:
      return kInvalidEnumeration;
    case Fault::SchemaViolation:
      return kSchemaViolation;
  }
  return kSchemaViolation;
}

std::string fault_envelope(Fault fault, std::string_view relates_to, std::string_view machine) {
  const FaultFacts& facts = facts_of(fault);
  std::string body = "<s:Fault><s:Code><s:Value>";
  body.append(facts.value).append("</s:Value><s:Subcode><s:Value>").append(facts.subcode);
  body += "</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang=\"en-US\">";
  append_xml_escaped(body, facts.text);
  body += "</s:Text></s:Reason><s:Detail>";
  if (!facts.detail.empty()) {
    body += "<w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/";
    body.append(facts.detail).append("</w:FaultDetail>");
  }
  if (fault == Fault::QuotaOperations) {
    body += wmi_error(facts);
  } else {
    body += "<f:WSManFault xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\" Code=\"" +
            std::to_string(facts.code) + "\" Machine=\"";
    append_xml_escaped(body, machine);
    body += "\"><f:Message>";
    append_xml_escaped(body, facts.text);
    body += "</f:Message></f:WSManFault>";
  }
  body += "</s:Detail></s:Fault>";
  return answer_envelope("http://schemas.dmtf.org/wbem/wsman/1/wsman/fault", relates_to, body);
}

}  // namespace winrmlb::sim
