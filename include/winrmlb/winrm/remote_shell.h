// The life of a remote command shell (WinRS), as the deepest health check leads it: Create, Command, Receive
// until Done, Signal, Delete (MS-WSMV 3.1.4.5, 2.2.4). Messages are made and answers read; nothing is sent.
//
// Pure, any thread. The readers look for elements by local name in the answers to messages of our own, which
// is enough there; the messages of clients are read by EnvelopeScanner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winrmlb::winrm {

/// "Authorization: Basic …" of RFC 7617, without a line end. A secret.
std::string basic_login(std::string_view user, std::string_view password);

/// What every message of one shell shares.
struct ShellMessage {
  std::string_view to;          // "http://10.0.0.11:5985/wsman"
  std::string_view message_id;  // see message_id() of fault.h
  std::string_view shell_id;    // empty for Create
};

std::string make_create(const ShellMessage& message);
std::string make_command(const ShellMessage& message, std::string_view command_line);
std::string make_receive(const ShellMessage& message, std::string_view command_id);
std::string make_terminate(const ShellMessage& message, std::string_view command_id);
std::string make_delete(const ShellMessage& message);

/// Of a CreateResponse or CommandResponse; empty if it is none.
std::string_view shell_id_of(std::string_view answer) noexcept;
std::string_view command_id_of(std::string_view answer) noexcept;

/// What one ReceiveResponse says.
struct CommandOutput {
  std::string standard_output;
  bool done = false;
};
/// Nothing if it is no ReceiveResponse, or its output is not base64.
std::optional<CommandOutput> read_output(std::string_view answer);

/// The code of a SOAP fault (f:WSManFault), e.g. 2150858793; nothing if there is none.
std::optional<std::uint32_t> fault_code_of(std::string_view answer) noexcept;

}  // namespace winrmlb::winrm
