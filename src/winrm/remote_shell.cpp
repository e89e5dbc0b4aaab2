#include "winrmlb/winrm/remote_shell.h"

#include "tags.h"
#include "winrmlb/core/base64.h"
#include "winrmlb/core/text.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kResource = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";
constexpr std::string_view kShellAction = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/";
constexpr std::string_view kTransferAction = "http://schemas.xmlsoap.org/ws/2004/09/transfer/";
constexpr std::string_view kOpen =
    R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
    R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
    R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
    R"(xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>)"
    R"(<a:ReplyTo><a:Address s:mustUnderstand="true">)"
    R"(http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>)"
    R"(<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>)";

struct Parts {
  std::string_view action_base;
  std::string_view action;
  std::string_view options;  // of the header
  std::string_view body;
};

std::string make(const ShellMessage& message, const Parts& parts) {
  std::string out(kOpen);
  const auto element = [&out](std::string_view open, std::string_view text, std::string_view close) {
    out += open;
    append_xml_escaped(out, text);
    out += close;
  };
  element("<a:To>", message.to, "</a:To>");
  element("<a:MessageID>", message.message_id, "</a:MessageID>");
  element(R"(<w:ResourceURI s:mustUnderstand="true">)", kResource, "</w:ResourceURI>");
  out.append(R"(<a:Action s:mustUnderstand="true">)")
      .append(parts.action_base)
      .append(parts.action)
      .append("</a:Action>");
  out += "<w:OperationTimeout>PT20S</w:OperationTimeout>";
  if (!message.shell_id.empty()) {
    element(R"(<w:SelectorSet><w:Selector Name="ShellId">)", message.shell_id,
            "</w:Selector></w:SelectorSet>");
  }
  out.append(parts.options).append("</s:Header><s:Body>").append(parts.body).append("</s:Body></s:Envelope>");
  return out;
}

std::string with_command(std::string_view before, std::string_view command_id, std::string_view after) {
  std::string out(before);
  append_xml_escaped(out, command_id);
  return out.append(after);
}

}  // namespace

std::string basic_login(std::string_view user, std::string_view password) {
  return "Authorization: Basic " + encode_base64(std::string(user) + ":" + std::string(password));
}

// The idle limit is short, so that a shell whose Delete was lost does not last for hours.
std::string make_create(const ShellMessage& message) {
  return make(message, {kTransferAction, "Create",
                        R"(<w:OptionSet><w:Option Name="WINRS_NOPROFILE">TRUE</w:Option>)"
                        R"(<w:Option Name="WINRS_CODEPAGE">65001</w:Option></w:OptionSet>)",
                        "<rsp:Shell><rsp:IdleTimeOut>PT180S</rsp:IdleTimeOut>"
                        "<rsp:InputStreams>stdin</rsp:InputStreams>"
                        "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>"});
}

std::string make_command(const ShellMessage& message, std::string_view command_line) {
  std::string body = "<rsp:CommandLine><rsp:Command>";
  append_xml_escaped(body, command_line);
  body += "</rsp:Command></rsp:CommandLine>";
  return make(message, {kShellAction, "Command",
                        R"(<w:OptionSet><w:Option Name="WINRS_CONSOLEMODE_STDIN">TRUE</w:Option>)"
                        R"(<w:Option Name="WINRS_SKIP_CMD_SHELL">FALSE</w:Option></w:OptionSet>)",
                        body});
}

std::string make_receive(const ShellMessage& message, std::string_view command_id) {
  const auto body = with_command(R"(<rsp:Receive><rsp:DesiredStream CommandId=")", command_id,
                                 R"(">stdout stderr</rsp:DesiredStream></rsp:Receive>)");
  return make(message, {kShellAction, "Receive", "", body});
}

std::string make_terminate(const ShellMessage& message, std::string_view command_id) {
  const auto body =
      with_command(R"(<rsp:Signal CommandId=")", command_id,
                   R"("><rsp:Code>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/terminate)"
                   R"(</rsp:Code></rsp:Signal>)");
  return make(message, {kShellAction, "Signal", "", body});
}

std::string make_delete(const ShellMessage& message) {
  return make(message, {kTransferAction, "Delete", "", ""});
}

// Windows gives it twice: as a selector of what was created, and in the shell's description.
std::string_view shell_id_of(std::string_view answer) noexcept {
  const auto id = text_before_tag(after_start_tag(answer, "ShellId"));
  if (!id.empty()) return id;
  for (auto found = find_start_tag(answer, "Selector"); !found.tag.empty();
       found = find_start_tag(found.rest, "Selector")) {
    if (attribute_of(found.tag, "Name") == "ShellId") return text_before_tag(found.rest);
  }
  return {};
}

std::string_view command_id_of(std::string_view answer) noexcept {
  return text_before_tag(after_start_tag(answer, "CommandId"));
}

std::optional<CommandOutput> read_output(std::string_view answer) {
  const auto body = after_start_tag(answer, "ReceiveResponse");
  if (body.empty()) return std::nullopt;
  CommandOutput output;
  for (auto found = find_start_tag(body, "Stream"); !found.tag.empty();
       found = find_start_tag(found.rest, "Stream")) {
    if (attribute_of(found.tag, "Name") != "stdout" || found.tag.ends_with("/>")) continue;
    const auto bytes = decode_base64(text_before_tag(found.rest));
    if (!bytes) return std::nullopt;
    output.standard_output += *bytes;
  }
  output.done =
      attribute_of(find_start_tag(body, "CommandState").tag, "State").ends_with("/CommandState/Done");
  return output;
}

std::optional<std::uint32_t> fault_code_of(std::string_view answer) noexcept {
  const auto tag = find_start_tag(answer, "WSManFault").tag;
  const auto code = parse_unsigned(attribute_of(tag, "Code"), UINT32_MAX);
  if (!code) return std::nullopt;
  return static_cast<std::uint32_t>(*code);
}

}  // namespace winrmlb::winrm
