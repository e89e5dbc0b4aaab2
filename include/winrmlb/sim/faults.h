// The faults that the simulated server can give, as one closed set: code, subcodes and a sentence for people.
//
// Pure. Codes and names follow the Windows SDK's wsmerror.h; the sentences are our own. The word
// "OperationTimeout" appears in TimedOut and nowhere else, because one client polls on for as long as it
// reads it (MS-WSMV 3.1.4.1.6).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winrmlb::sim {

enum class Fault : std::uint8_t {
  TimedOut,       // a Receive without output in its time; every client polls again
  ShellNotFound,  // no shell of this id on this server
  CommandNotFound,
  AccessDenied,       // the shell belongs to somebody else
  Aborted,            // shell or command closed while the request waited
  ReceiveInProgress,  // a second Receive on the same stream
  ShellExists,        // Create with a ShellId in use
  CommandExists,
  ShellDisconnected,
  DisconnectNotSupported,  // cmd shells cannot be disconnected
  StreamDisconnected,      // the pending Receive of a shell being disconnected
  SessionMismatch,         // Reconnect under another p:SessionId
  ConnectedElsewhere,      // Connect to a shell that another client uses
  QuotaShells,
  QuotaOperations,
  QuotaSystem,
  QuotaShellUsers,
  IdleTimeoutOutOfRange,
  EnvelopeTooLarge,
  DuplicateOperation,  // p:OperationID seen before and not marked as retransmission (MS-WSMV 3.1.4.1.39)
  ActionNotSupported,
  InvalidResource,
  InvalidEnumeration,
  SchemaViolation,  // not a SOAP envelope, or required parts are missing
};

struct FaultFacts {
  std::uint32_t code;
  std::string_view value;    // s:Sender or s:Receiver
  std::string_view subcode;  // e.g. w:TimedOut
  std::string_view detail;   // last part of the wsman faultDetail URI, or empty
  std::string_view text;
};

const FaultFacts& facts_of(Fault fault);

/// The whole envelope. `relates_to` is the request's MessageID; may be empty.
std::string fault_envelope(Fault fault, std::string_view relates_to, std::string_view machine);

}  // namespace winrmlb::sim
