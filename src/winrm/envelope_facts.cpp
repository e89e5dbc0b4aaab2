// What the elements of an envelope say: which of them matter, and what is learnt from each.
#include <span>

#include "envelope_values.h"
#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm {

namespace {

// Which side's messages have an element.
enum class On : std::uint8_t { Requests, Responses, Both };
constexpr bool is_on(On on, EnvelopeScanner::Side side) noexcept {
  return on == On::Both || (on == On::Requests) == (side == EnvelopeScanner::Side::Request);
}

template <typename T>
void set_once(std::optional<T>& fact, std::optional<T> value) noexcept {
  if (!fact) fact = value;
}

}  // namespace

/// An element that matters within another.
struct EnvelopeScanner::Row {
  Element within;
  Namespace space;
  std::string_view name;
  Element element;
  On on;
};

EnvelopeScanner::Element EnvelopeScanner::recognise(Element within, std::string_view text) const noexcept {
  if (within == Element::Other) return Element::Other;
  const auto name = XmlName::of(text);
  const auto space = scope_.of(name.prefix);
  static constexpr Row kRows[] = {
      {Element::Document, Namespace::Soap, "Envelope", Element::Envelope, On::Both},
      {Element::Envelope, Namespace::Soap, "Header", Element::Header, On::Both},
      {Element::Envelope, Namespace::Soap, "Body", Element::Body, On::Both},
      {Element::Header, Namespace::Addressing, "Action", Element::Action, On::Both},
      {Element::Header, Namespace::Addressing, "MessageID", Element::MessageId, On::Both},
      {Element::Header, Namespace::Wsman, "ResourceURI", Element::ResourceUri, On::Requests},
      {Element::Header, Namespace::Wsman, "OperationTimeout", Element::OperationTimeout, On::Requests},
      {Element::Header, Namespace::Wsman, "SelectorSet", Element::SelectorSet, On::Requests},
      {Element::Header, Namespace::Wsmv, "SessionId", Element::SessionId, On::Both},
      {Element::Header, Namespace::Wsmv, "OperationID", Element::OperationId, On::Both},
      {Element::SelectorSet, Namespace::Wsman, "Selector", Element::Selector, On::Requests},
      {Element::Body, Namespace::Shell, "Shell", Element::Shell, On::Both},
      {Element::Body, Namespace::Identity, "Identify", Element::Identify, On::Requests},
      {Element::Body, Namespace::Identity, "IdentifyResponse", Element::Identify, On::Responses},
      {Element::Body, Namespace::Enumeration, "Pull", Element::Enumeration, On::Requests},
      {Element::Body, Namespace::Enumeration, "Release", Element::Enumeration, On::Requests},
      {Element::Body, Namespace::Enumeration, "EnumerateResponse", Element::Enumeration, On::Responses},
      {Element::Body, Namespace::Enumeration, "PullResponse", Element::Enumeration, On::Responses},
      {Element::Body, Namespace::Transfer, "ResourceCreated", Element::ResourceCreated, On::Responses},
      {Element::Body, Namespace::Soap, "Fault", Element::SoapFault, On::Responses},
      {Element::ResourceCreated, Namespace::Wsman, "Selector", Element::Selector, On::Responses},
      {Element::Shell, Namespace::Shell, "ShellId", Element::ShellId, On::Responses},
      {Element::Shell, Namespace::Shell, "IdleTimeOut", Element::IdleTimeOut, On::Responses},
      {Element::Enumeration, Namespace::Enumeration, "EnumerationContext", Element::EnumerationContext,
       On::Both},
      {Element::SoapFault, Namespace::Soap, "Detail", Element::Detail, On::Responses},
      {Element::Detail, Namespace::Fault, "WSManFault", Element::WsmanFault, On::Responses},
      {Element::Detail, Namespace::WmiError, "MSFT_WmiError", Element::WmiError, On::Responses},
      {Element::WmiError, Namespace::WmiError, "error_Code", Element::ErrorCode, On::Responses},
  };
  // Where the rows of each element begin; they stand together.
  static constexpr auto kFirst = [] {
    std::array<std::uint8_t, static_cast<std::size_t>(Element::ErrorCode) + 1> first{};
    for (auto i = std::size(kRows); i > 0; --i)
      first[static_cast<std::size_t>(kRows[i - 1].within)] = static_cast<std::uint8_t>(i - 1);
    return first;
  }();
  const auto first = kFirst[static_cast<std::size_t>(within)];
  for (const auto& row : std::span(kRows).subspan(first)) {
    if (row.within != within) break;
    if (row.space == space && row.name == name.local && is_on(row.on, side_)) return row.element;
  }
  // A Selector counts wherever in ResourceCreated it stands.
  return within == Element::ResourceCreated ? within : Element::Other;
}

// The start tag has been read.
void EnvelopeScanner::begin(Element element, Element within) noexcept {
  const bool is_request = side_ == Side::Request;
  if (element == Element::Header && facts_.seen_whole_header) elements_[depth_ - 1] = Element::Other;
  if (element == Element::Body) end_header();
  if (facts_.action == Action::None && (element == Element::Identify || element == Element::SoapFault)) {
    facts_.action = element == Element::Identify ? Action::Identify : Action::Fault;
    facts_.is_response = !is_request;
  }
  if (element == Element::Shell && is_request && facts_.action == Action::Create) {
    set_once(facts_.shell, attributes_.shell);
    state_ = State::Done;
  }
  if (element == Element::WsmanFault && attributes_.code && (facts_.fault == 0 || code_is_of_wmi_)) {
    facts_.fault = *attributes_.code;
    code_is_of_wmi_ = false;
  }
  // Without an Action, the first element in the body tells whether a request is an Identify.
  const bool is_told = facts_.action == Action::None || facts_.action == Action::Identify;
  if (within == Element::Body && is_request && is_told) state_ = State::Done;
  if (body_is_exhausted()) state_ = State::Done;
  is_collecting_ =
      element >= Element::Action && (element != Element::Selector || attributes_.name_is_shell_id);
  if (is_collecting_) value_.clear();
}

// The element has ended, and within it stood nothing but this text.
void EnvelopeScanner::learn(Element element, std::string_view text) noexcept {
  const auto id = [&] { return value_.is_cut() ? std::nullopt : std::optional(Uuid::of(text)); };
  const auto whole = value_.is_cut() ? std::string_view{} : text;
  switch (element) {
    case Element::Action:
      if (facts_.action != Action::None) break;
      facts_.action = action_of(whole).action;
      facts_.is_response = action_of(whole).is_response;
      break;
    case Element::ResourceUri:
      if (facts_.resource != Resource::None) break;
      facts_.resource = resource_of(text);
      uri_length_ = text.copy(uri_.data(), uri_.size());
      break;
    case Element::OperationTimeout:
      set_once(facts_.operation_timeout_ms, duration_ms(whole));
      break;
    case Element::MessageId:
      set_once(facts_.message, id());
      break;
    case Element::SessionId:
      set_once(facts_.session, id());
      break;
    case Element::OperationId:
      set_once(facts_.operation, id());
      break;
    case Element::Selector:
    case Element::ShellId:
      set_once(facts_.shell, id());
      break;
    case Element::IdleTimeOut:
      set_once(facts_.idle_timeout_ms, duration_ms(whole));
      break;
    case Element::EnumerationContext:
      set_once(facts_.enumeration_context, id());
      break;
    case Element::ErrorCode:
      if (facts_.fault != 0) break;
      facts_.fault = number_of(whole).value_or(0);
      code_is_of_wmi_ = true;
      break;
    case Element::Other:
    case Element::Document:
    case Element::Envelope:
    case Element::Header:
    case Element::Body:
    case Element::SelectorSet:
    case Element::ResourceCreated:
    case Element::Shell:
    case Element::Identify:
    case Element::Enumeration:
    case Element::SoapFault:
    case Element::Detail:
    case Element::WsmanFault:
    case Element::WmiError:
      break;
  }
  if (body_is_exhausted()) state_ = State::Done;
}

void EnvelopeScanner::end(Element element) noexcept {
  if (element == Element::Header) end_header();
  if (element == Element::Body || element == Element::Envelope) state_ = State::Done;
}

void EnvelopeScanner::end_header() noexcept {
  facts_.seen_whole_header = true;
  if (!body_matters()) state_ = State::Done;
}

bool EnvelopeScanner::body_matters() const noexcept {
  const bool is_request = side_ == Side::Request;
  switch (facts_.action) {
    case Action::None:
    case Action::Create:
    case Action::Pull:
      return true;
    case Action::Release:
      return is_request;
    case Action::Get:
    case Action::Enumerate:
    case Action::Fault:
      return !is_request;
    case Action::Identify:
    case Action::Put:
    case Action::Delete:
    case Action::Command:
    case Action::Send:
    case Action::Receive:
    case Action::Signal:
    case Action::Disconnect:
    case Action::Reconnect:
    case Action::Connect:
    case Action::Subscribe:
    case Action::Events:
    case Action::FullDuplex:
    case Action::Other:
      return false;
  }
  return false;
}

// Nothing more can be learnt, so that the rest, which may be long, need not be read.
bool EnvelopeScanner::body_is_exhausted() const noexcept {
  if (!facts_.seen_whole_header) return false;
  const bool is_shell = facts_.action == Action::Create || facts_.action == Action::Get;
  if (is_shell && side_ == Side::Response) return facts_.shell && facts_.idle_timeout_ms;
  if (facts_.action == Action::Fault) return facts_.fault != 0 && !code_is_of_wmi_;
  return facts_.enumeration_context.has_value() || facts_.action == Action::Identify;
}

}  // namespace winrmlb::winrm
