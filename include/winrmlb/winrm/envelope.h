// EnvelopeScanner: what a SOAP message says about itself, as far as a balancer wants to know.
//
// Pure; one scanner reads one message, from one thread. Incremental and bounded: it is fed the body as it
// comes, in pieces of any size, keeps no byte of it, allocates nothing, and gives up quietly after
// kMostBytes. Elements are known by namespace URI and local name, never by prefix; what stands in comments,
// CDATA sections or attribute values that merely look like an element is not taken for one. No DOM, no DTD (a
// DOCTYPE ends the scan), no entity expansion beyond the five of XML and characters by number.
// SOAP 1.2 part 1, WS-Addressing (2004/08), DSP0226, MS-WSMV 2.2.4 and 3.1.4, MS-PSRP 2.2.
//
// Where things stand: of a request, everything but the PSRP ShellId (attribute of rsp:Shell in the body of a
// Create) and the n:EnumerationContext of Pull and Release is in the Header; so the scan of a request ends
// with the Header unless it is one of those. Of a response, the Header gives Action and RelatesTo, the body
// ShellId (Selector within x:ResourceCreated, or rsp:ShellId), rsp:IdleTimeOut, EnumerationContext, and the
// fault.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "winrmlb/core/uuid.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {

/// What a message asks for, or answers. Responses have the Action of their request, with `is_response`.
enum class Action : std::uint8_t {
  None,  // not seen
  Identify,
  Get,
  Put,
  Create,
  Delete,
  Command,
  Send,
  Receive,
  Signal,
  Disconnect,
  Reconnect,
  Connect,
  Enumerate,
  Pull,
  Release,
  Subscribe,   // and Renew, GetStatus, Unsubscribe
  Events,      // Events, Heartbeat, Ack
  FullDuplex,  // End, Keepalive, Acknowledge: they belong to the connection (MS-WSMV 3.1.4.19)
  Fault,
  Other,  // a method of some resource
};
constexpr std::size_t kActions = static_cast<std::size_t>(Action::Other) + 1;
/// Lower case, for logs and metric labels: "receive".
std::string_view name_of(Action action) noexcept;

enum class Resource : std::uint8_t {
  None,   // not seen
  Cmd,    // .../windows/shell/cmd
  Shell,  // any other shell: a PowerShell configuration, or .../windows/shell itself
  Other,
};

/// One message. What was not there is empty.
struct EnvelopeFacts {
  Action action = Action::None;
  Resource resource = Resource::None;
  bool is_response = false;
  bool seen_whole_header = false;
  std::optional<Uuid> message;              // a:MessageID
  std::optional<Uuid> shell;                // see above for where
  std::optional<Uuid> session;              // p:SessionId
  std::optional<Uuid> operation;            // p:OperationID
  std::optional<Uuid> enumeration_context;  // n:EnumerationContext
  std::optional<std::uint32_t> operation_timeout_ms;
  std::optional<std::uint32_t> idle_timeout_ms;  // rsp:IdleTimeOut
  /// Of a fault, the *outermost* code: of the WSManFault (or MSFT_WmiError) that stands directly in the
  /// Detail, not of one nested in its message. 0: no fault, or one without a number.
  std::uint32_t fault = 0;
};

class EnvelopeScanner {
 public:
  static constexpr std::size_t kMostBytes = 8 * 1024;        // of UTF-8
  static constexpr std::size_t kMostUtf16Bytes = 16 * 1024;  // of UTF-16
  static constexpr std::size_t kMostUri = 128;               // of resource_uri(), the rest is cut

  enum class Side : std::uint8_t { Request, Response };
  enum class State : std::uint8_t {
    More,    // feed it more
    Done,    // everything of interest has been seen
    GaveUp,  // too long, not SOAP, not well-formed, or a DOCTYPE: facts() has what was seen before
  };

  /// `charset`: of the content type; a byte order mark or the first bytes overrule it.
  explicit EnvelopeScanner(Side side, Charset charset = Charset::Utf8) noexcept;
  /// Begins another message.
  void restart(Side side, Charset charset = Charset::Utf8) noexcept;

  /// The next bytes of the body.
  State feed(std::string_view bytes) noexcept;
  State state() const noexcept { return state_; }
  const EnvelopeFacts& facts() const noexcept { return facts_; }
  /// w:ResourceURI of a request, cut at kMostUri.
  std::string_view resource_uri() const noexcept { return {uri_.data(), uri_length_}; }

 private:
  State state_ = State::More;
  EnvelopeFacts facts_;
  std::array<char, kMostUri> uri_{};
  std::size_t uri_length_ = 0;
};

}  // namespace winrmlb::winrm
