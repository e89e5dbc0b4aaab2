// Which message may be sent where a second time: one row per action.
//
// Pure, constexpr. Nothing is executed twice: once a byte of a message has reached a server, only what
// changes nothing there may be sent again. Before that, a message that needs no state may go to any server,
// and one that needs the state of its shell, context or connection to the server that holds it alone.
// DSP0226, MS-WSMV 3.1.4, MS-PSRP 3.1.
//
// The columns are about one message by itself. A login on the connection narrows them: may_go_elsewhere() and
// may_be_sent_again() take everything together.
#pragma once

#include <array>
#include <cstdint>

#include "winrmlb/winrm/envelope.h"

namespace winrmlb::winrm {

/// Where a message may go a first or further time.
enum class Reach : std::uint8_t {
  Nowhere,  // not again
  Owner,    // to the server that holds its state
  Any,      // to any server
};

struct RetryRow {
  Action action;
  Reach unsent;           // no byte of it has reached a server
  Reach unanswered;       // it was sent, and no answer came
  bool may_be_hunted;     // a server that does not know its shell has executed nothing
  bool leaves_full_ones;  // a server without room has executed nothing: it may go to another
};

// clang-format off
inline constexpr std::array<RetryRow, kActions> kRetryRows = {{
    // action               unsent          unanswered      hunted  full
    {Action::None,          Reach::Any,     Reach::Nowhere, false,  false},  // names no state, may do anything
    {Action::Identify,      Reach::Any,     Reach::Any,     false,  false},
    {Action::Get,           Reach::Any,     Reach::Any,     true,   false},
    {Action::Put,           Reach::Any,     Reach::Nowhere, false,  false},
    {Action::Create,        Reach::Any,     Reach::Nowhere, false,  true},   // an orphan would eat quota
    {Action::Delete,        Reach::Owner,   Reach::Nowhere, true,   false},
    {Action::Command,       Reach::Owner,   Reach::Nowhere, true,   false},  // the script may have run
    {Action::Send,          Reach::Owner,   Reach::Nowhere, true,   false},  // its bytes are appended
    {Action::Receive,       Reach::Owner,   Reach::Nowhere, true,   false},  // drains; the client asks again
    {Action::Signal,        Reach::Owner,   Reach::Nowhere, true,   false},
    {Action::Disconnect,    Reach::Owner,   Reach::Nowhere, true,   false},
    {Action::Reconnect,     Reach::Owner,   Reach::Nowhere, true,   false},
    {Action::Connect,       Reach::Owner,   Reach::Nowhere, true,   false},
    {Action::Enumerate,     Reach::Any,     Reach::Any,     false,  false},
    {Action::Pull,          Reach::Owner,   Reach::Nowhere, false,  false},
    {Action::Release,       Reach::Owner,   Reach::Nowhere, false,  false},
    {Action::Subscribe,     Reach::Owner,   Reach::Nowhere, false,  false},  // Renew and its like need the owner
    {Action::Events,        Reach::Owner,   Reach::Nowhere, false,  false},
    {Action::FullDuplex,    Reach::Owner,   Reach::Nowhere, false,  false},
    {Action::Fault,         Reach::Owner,   Reach::Nowhere, false,  false},
    {Action::Other,         Reach::Any,     Reach::Nowhere, false,  false},  // a method: may do anything
}};
// clang-format on

constexpr const RetryRow& retry_row(Action action) noexcept {
  return kRetryRows[static_cast<std::size_t>(action)];
}

/// A login that belongs to its connection (auth.h, binds()), begun or done; or a sealed message.
enum class BoundTo : std::uint8_t { Nothing, Connection };

/// The server that holds its state must get it, and no other.
constexpr bool needs_owner(const EnvelopeFacts& facts) noexcept {
  const bool names_state = facts.shell && facts.action != Action::Create;
  return names_state || facts.enumeration_context || retry_row(facts.action).unsent != Reach::Any;
}

/// While no byte of it has reached a server: may another one than was chosen get it?
constexpr bool may_go_elsewhere(const EnvelopeFacts& facts, BoundTo bound) noexcept {
  return bound == BoundTo::Nothing && !needs_owner(facts);
}

/// Where it may be sent once more when it was sent and no answer came.
constexpr Reach may_be_sent_again(const EnvelopeFacts& facts, BoundTo bound) noexcept {
  if (bound == BoundTo::Connection || !facts.seen_whole_header) return Reach::Nowhere;
  const Reach reach = retry_row(facts.action).unanswered;
  return reach == Reach::Any && needs_owner(facts) ? Reach::Owner : reach;
}

/// When its server says that it knows no such shell: may the others be asked?
constexpr bool may_be_hunted(const EnvelopeFacts& facts, BoundTo bound) noexcept {
  const bool is_of_shell = facts.resource == Resource::Cmd || facts.resource == Resource::Shell;
  return bound == BoundTo::Nothing && facts.shell && is_of_shell && retry_row(facts.action).may_be_hunted;
}

/// When its server says that it has no room (is_full() of fault.h): may another one get it?
constexpr bool may_leave_full_one(const EnvelopeFacts& facts, BoundTo bound) noexcept {
  return bound == BoundTo::Nothing && retry_row(facts.action).leaves_full_ones;
}

}  // namespace winrmlb::winrm
