#include "scenarios/support/shells.h"

#include <algorithm>

namespace winrmlb::scenarios {

namespace {

constexpr std::string_view kTransfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
constexpr std::string_view kEnumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/";
constexpr std::string_view kShell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/";

std::string action_uri(std::string_view action) {
  for (const std::string_view name : {"Create", "Delete", "Get", "Put"}) {
    if (action == name) return std::string(kTransfer) + std::string(action);
  }
  for (const std::string_view name : {"Enumerate", "Pull", "Release"}) {
    if (action == name) return std::string(kEnumeration) + std::string(action);
  }
  return std::string(kShell) + std::string(action);
}

std::string element(std::string_view name, std::string_view text) {
  if (text.empty()) return {};
  return "<" + std::string(name) + ">" + std::string(text) + "</" + std::string(name) + ">";
}

std::string between(const std::string& text, std::string_view before, std::string_view after) {
  const auto from = text.find(before);
  if (from == std::string::npos) return {};
  const auto to = text.find(after, from + before.size());
  return text.substr(from + before.size(), to - from - before.size());
}

constexpr std::string_view kNamespaces =
    R"( xmlns:s="http://www.w3.org/2003/05/soap-envelope")"
    R"( xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing")"
    R"( xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd")"
    R"( xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd")"
    R"( xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer")"
    R"( xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration")"
    R"( xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell")";

constexpr std::string_view kSoapType = "Content-Type: application/soap+xml;charset=UTF-8\r\n";

std::string response(std::string_view action, std::string_view body) {
  return "<s:Envelope" + std::string(kNamespaces) + "><s:Header>" +
         element("a:Action", action_uri(action) + "Response") + "</s:Header><s:Body>" + std::string(body) +
         "</s:Body></s:Envelope>";
}

}  // namespace

std::string shell_id(int number) {
  auto digits = std::to_string(number);
  digits.insert(0, 12 - digits.size(), '0');
  return "5E110000-0000-4000-8000-" + digits;
}

std::string envelope(const Soap& soap) {
  const bool creates = soap.action == "Create";
  std::string header = element("a:Action", action_uri(soap.action)) + element("a:MessageID", soap.message) +
                       element("w:ResourceURI", soap.resource) + element("p:SessionId", soap.session) +
                       element("p:OperationID", soap.operation) + element("w:OperationTimeout", soap.timeout);
  std::string body = element("n:" + std::string(soap.action), element("n:EnumerationContext", soap.context));
  if (creates) {
    body = "<rsp:Shell" + (soap.shell.empty() ? "" : " ShellId=\"" + soap.shell + "\"") + "/>";
  } else if (!soap.shell.empty()) {
    header += "<w:SelectorSet><w:Selector Name=\"ShellId\">" + soap.shell + "</w:Selector></w:SelectorSet>";
  }
  return "<s:Envelope" + std::string(kNamespaces) + "><s:Header>" + header + "</s:Header><s:Body>" + body +
         "</s:Body></s:Envelope>";
}

std::string soap_post(const Soap& soap, std::string_view fields) {
  return post(envelope(soap), std::string(kSoapType) + std::string(fields));
}

std::string fault(std::uint32_t code, std::string_view fields) {
  const std::string body =
      "<s:Envelope" + std::string(kNamespaces) +
      "><s:Header><a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action></"
      "s:Header><s:Body><s:Fault>"
      "<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Detail>"
      "<f:WSManFault xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\" Code=\"" +
      std::to_string(code) + "\" Machine=\"server\"/></s:Detail></s:Fault></s:Body></s:Envelope>";
  return "HTTP/1.1 500 \r\n" + std::string(kSoapType) + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::uint32_t fault_code(const Message& message) {
  const auto at = message.body.find("WSManFault");
  const auto code =
      at == std::string::npos ? std::string() : between(message.body.substr(at), "Code=\"", "\"");
  return code.empty() ? 0 : static_cast<std::uint32_t>(std::stoul(code));
}

std::string created_shell(const Message& response) {
  return between(response.body, "<w:Selector Name=\"ShellId\">", "<");
}

ShellServer::ShellServer(std::string name)
    : name_(std::move(name)), server_([this](End& end) { serve(end); }) {}

void ShellServer::forget_shells() {
  const std::lock_guard lock(mutex_);
  shells_.clear();
}

bool ShellServer::holds(const std::string& shell) {
  const std::lock_guard lock(mutex_);
  return shells_.contains(shell);
}

void ShellServer::fail_next(std::string action, std::string answer) {
  const std::lock_guard lock(mutex_);
  failures_[std::move(action)] = std::move(answer);
}

std::vector<std::string> ShellServer::executed() {
  const std::lock_guard lock(mutex_);
  return executed_;
}

void ShellServer::serve(End& end) {
  for (;;) {
    const auto request = end.read_request();
    if (!request.whole) return;
    const auto uri = between(request.body, "<a:Action>", "<");
    const auto action = uri.substr(uri.rfind('/') + 1);
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      if (const auto failure = failures_.find(action); failure != failures_.end()) {
        answer = failure->second;
        failures_.erase(failure);
        if (answer.empty()) {
          end.reset();
          return;
        }
      } else {
        answer = answer_to(action, request);
      }
    }
    end.send(answer);
  }
}

std::string ShellServer::answer_to(const std::string& action, const Message& request) {
  const auto note = [&] { executed_.push_back(action + " " + between(request.body, "<a:MessageID>", "<")); };
  const std::string server_field = "X-Server: " + name_ + "\r\n" + std::string(kSoapType);
  if (action == "Create") {
    auto shell = between(request.body, "ShellId=\"", "\"");
    if (shell.empty()) shell = shell_id((name_.back() - '0') * 1000 + ++next_shell_);
    shells_.insert(shell);
    note();
    return ok(
        response(action, "<x:ResourceCreated><w:SelectorSet><w:Selector Name=\"ShellId\">" + shell +
                             "</w:Selector></w:SelectorSet></x:ResourceCreated><rsp:Shell><rsp:ShellId>" +
                             shell +
                             "</rsp:ShellId><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut></rsp:Shell>"),
        server_field);
  }
  const auto shell = between(request.body, "<w:Selector Name=\"ShellId\">", "<");
  if (!shell.empty() && !shells_.contains(shell)) return fault(2150858843, "X-Server: " + name_ + "\r\n");
  note();
  if (action == "Delete") shells_.erase(shell);
  if (action == "Enumerate") {
    return ok(response(action, "<n:EnumerateResponse><n:EnumerationContext>uuid:" + shell_id(999) +
                                   "</n:EnumerationContext></n:EnumerateResponse>"),
              server_field);
  }
  return ok(response(action, name_), server_field);
}

}  // namespace winrmlb::scenarios
