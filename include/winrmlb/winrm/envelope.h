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
// with the Header unless it is one of those, or has no Action and may be an Identify. Of a response, the
// Header gives the Action, the body ShellId (Selector within x:ResourceCreated, or rsp:ShellId),
// rsp:IdleTimeOut, EnumerationContext, and the fault. What is there twice counts the first time.
//
// Three parts: XmlEncoding makes UTF-8 of the bytes, XmlTokens finds the markup, XmlScope knows the
// namespaces; the scanner knows where in the message it is, by a table of the elements that matter.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "winrmlb/core/uuid.h"
#include "winrmlb/winrm/auth.h"
#include "winrmlb/winrm/xml_encoding.h"
#include "winrmlb/winrm/xml_scope.h"
#include "winrmlb/winrm/xml_tokens.h"

namespace winrmlb::winrm {

/// What a message asks for, or answers. Responses have the Action of their request, with `is_response`; so
/// has every Fault.
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
  bool seen_whole_header = false;           // or that there is none
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

  friend bool operator==(const EnvelopeFacts&, const EnvelopeFacts&) = default;
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
  /// What comes next is the text of an id, from its first byte on.
  bool awaits_id() const noexcept;
  /// And it is the one of the message. set_message() says what it was.
  bool awaits_message_id() const noexcept {
    return awaits_id() && parent() == Element::MessageId && !facts_.message;
  }
  void set_message(const Uuid& id) noexcept { facts_.message = id; }
  /// w:ResourceURI of a request, cut at kMostUri.
  std::string_view resource_uri() const noexcept { return {uri_.data(), uri_length_}; }

 private:
  /// The elements that facts hang on; all others are Other.
  enum class Element : std::uint8_t {
    Other,
    Document,  // what the root stands in
    Envelope,
    Header,
    Body,
    SelectorSet,
    ResourceCreated,  // and whatever is in it
    Shell,
    Identify,
    Enumeration,
    SoapFault,
    Detail,
    WsmanFault,
    WmiError,
    // Of these the text is a fact.
    Action,
    MessageId,
    ResourceUri,
    OperationTimeout,
    SessionId,
    OperationId,
    Selector,  // the one named ShellId
    ShellId,
    IdleTimeOut,
    EnumerationContext,
    ErrorCode,
  };
  struct Row;

  static constexpr std::size_t kMostDepth = 32;   // of elements within each other
  static constexpr std::size_t kMostValue = 192;  // of a value, white space after it included

  void scan(std::string_view text) noexcept;
  void read_attribute() noexcept;
  void read_text() noexcept;
  void open_element(bool is_empty) noexcept;
  void close_element() noexcept;
  void leave_element() noexcept;
  Element recognise(Element within, std::string_view name) const noexcept;
  void begin(Element element, Element within) noexcept;
  void end(Element element) noexcept;
  void learn(Element element, std::string_view text) noexcept;
  void end_header() noexcept;
  bool body_matters() const noexcept;
  bool body_is_exhausted() const noexcept;
  Element parent() const noexcept { return depth_ == 0 ? Element::Document : elements_[depth_ - 1]; }

  State state_ = State::More;
  Side side_;
  EnvelopeFacts facts_;
  XmlEncoding encoding_;
  XmlTokens tokens_;
  XmlScope scope_;
  std::size_t read_ = 0;  // bytes

  std::uint8_t depth_ = 0;  // of open elements
  std::array<Element, kMostDepth> elements_;
  std::array<std::uint32_t, kMostDepth> names_;  // what stands for the names that the end tags must repeat

  /// Of the tag that is being read.
  struct Attributes {
    bool name_is_shell_id = false;
    std::optional<std::uint32_t> code;
    std::optional<Uuid> shell;
  };
  Attributes attributes_;
  bool is_collecting_ = false;   // the innermost element is one whose text is a fact
  bool code_is_of_wmi_ = false;  // facts_.fault is, so a WSManFault's code replaces it
  XmlRun<kMostValue> value_;
  std::array<char, kMostUri> uri_{};
  std::size_t uri_length_ = 0;
};

}  // namespace winrmlb::winrm
