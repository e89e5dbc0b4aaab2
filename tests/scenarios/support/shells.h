// WS-Management messages for scenarios, and a server that holds shells and nothing else.
//
// ShellServer answers Create, Delete and whatever names a shell as a real server would: with the shell, or
// with the genuine fault of an unknown one. It notes what it executed. Scenarios put words into its mouth by
// fail_next().
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {

/// A request's envelope.
struct Soap {
  std::string_view action;  // "Create", "Receive", …
  std::string shell;        // selector, or the attribute of a PSRP Create
  std::string message = "uuid:0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11";
  std::string session;    // p:SessionId
  std::string operation;  // p:OperationID
  std::string context;    // n:EnumerationContext
  std::string timeout;    // "PT20S"
  std::string_view resource = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
};
std::string envelope(const Soap& soap);
/// The whole request, with a Basic login unless `fields` say otherwise.
std::string soap_post(const Soap& soap, std::string_view fields = kBasic);
std::string fault(std::uint32_t code, std::string_view fields = {});
/// The code of a fault, 0 if it is none.
std::uint32_t fault_code(const Message& message);
std::string shell_id(int number);

class ShellServer {
 public:
  explicit ShellServer(std::string name);

  const Endpoint& endpoint() const noexcept { return server_.endpoint(); }
  std::size_t connections() const noexcept { return server_.connections(); }
  void vanish() { server_.vanish(); }

  /// As after a restart: no shell is known any more.
  void forget_shells();
  bool holds(const std::string& shell);
  /// Answers the next request that names `action` so, instead of executing it; an empty answer is a reset.
  void fail_next(std::string action, std::string answer);
  /// What it executed: "Receive uuid:…".
  std::vector<std::string> executed();

 private:
  void serve(End& end);
  std::string answer_to(const std::string& action, const Message& request);

  const std::string name_;
  std::mutex mutex_;
  std::set<std::string> shells_;
  std::map<std::string, std::string> failures_;
  std::vector<std::string> executed_;
  int next_shell_ = 0;
  ScriptedServer server_;  // last: its threads use what stands above
};

/// The shell that a CreateResponse names.
std::string created_shell(const Message& response);

}  // namespace winrmlb::scenarios
