#include "winrm/envelope_support.h"

#include <sstream>

namespace winrmlb::winrm::test {

namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
constexpr std::string_view kAnonymous = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous";

std::string join(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts)
    text += part;
  return text;
}

// What pywinrm and WinRb have in common: the prefixes of their envelope, and its first elements.
std::string scripted_root() {
  return join(
      {kDeclaration,
       R"(<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" )"
       R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" )"
       R"(xmlns:env="http://www.w3.org/2003/05/soap-envelope" )"
       R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
       R"(xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" )"
       R"(xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" )"
       R"(xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" )"
       R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" )"
       R"(xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config">)"
       R"(<env:Header><a:To>http://windows-host:5985/wsman</a:To><a:ReplyTo>)"
       R"(<a:Address mustUnderstand="true">)",
       kAnonymous,
       R"(</a:Address></a:ReplyTo><w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>)"
       R"(<a:MessageID>uuid:)",
       kMessageId, "</a:MessageID>"});
}

constexpr std::string_view kLocales =
    R"(<w:Locale xml:lang="en-US" mustUnderstand="false"></w:Locale>)"
    R"(<p:DataLocale xml:lang="en-US" mustUnderstand="false"></p:DataLocale>)";
constexpr std::string_view kReceiveBody =
    R"(<env:Body><rsp:Receive><rsp:DesiredStream CommandId="C2B0F8A4-91D3-4B44-9C3E-0A1B2C3D4E5F">)"
    R"(stdout stderr</rsp:DesiredStream></rsp:Receive></env:Body></env:Envelope>)";

// Another request of Windows: with an OptionSet instead of the SelectorSet.
std::string without_shell(std::string_view action, std::initializer_list<std::string_view> body) {
  auto text = replaced(windows_receive(), kReceiveUri, action);
  text = replaced(
      text,
      join({R"(<w:SelectorSet><w:Selector Name="ShellId">)", kShellId, "</w:Selector></w:SelectorSet>"}),
      R"(<w:OptionSet s:mustUnderstand="true"><w:Option Name="protocolversion" MustComply="true">2.3)"
      "</w:Option></w:OptionSet>");
  return text.substr(0, text.find("<rsp:Receive")) + join(body) + "</s:Body></s:Envelope>";
}

constexpr std::string_view kResponseRoot =
    R"(<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
    R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
    R"(xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" )"
    R"(xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" )"
    R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
    R"(xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" )"
    R"(xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header>)";

std::string response(std::string_view action, std::string_view body) {
  return join(
      {kResponseRoot, "<a:Action>", action, "</a:Action><a:MessageID>uuid:", kMessageId,
       "</a:MessageID><a:To>", kAnonymous,
       "</a:To><a:RelatesTo>uuid:11111111-2222-4333-8444-555555555555</a:RelatesTo></s:Header><s:Body>", body,
       "</s:Body></s:Envelope>"});
}

std::string fault(std::string_view detail) {
  return response(
      "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
      join({R"(<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:TimedOut</s:Value>)"
            R"(</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">No.</s:Text></s:Reason>)"
            R"(<s:Detail>)",
            detail, "</s:Detail></s:Fault>"}));
}

std::string resource_created() {
  return join(
      {"<x:ResourceCreated><a:Address>http://ps1:5985/wsman</a:Address><a:ReferenceParameters>"
       "<w:ResourceURI>",
       kCmdUri, R"(</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">)", kShellId,
       "</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"});
}

}  // namespace

std::string pywinrm_receive() {
  return join(
      {scripted_root(), kLocales, "<w:OperationTimeout>PT20S</w:OperationTimeout>",
       R"(<w:ResourceURI mustUnderstand="true">)", kCmdUri,
       R"(</w:ResourceURI><a:Action mustUnderstand="true">)", kReceiveUri,
       R"(</a:Action><w:SelectorSet><w:Selector Name="ShellId">)", kShellId,
       R"(</w:Selector></w:SelectorSet><w:OptionSet><w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">)",
       "TRUE</w:Option></w:OptionSet></env:Header>", kReceiveBody});
}

std::string winrb_receive() {
  return join({scripted_root(), "<p:SessionId mustUnderstand=\"false\">uuid:", kSessionId, "</p:SessionId>",
               kLocales, "<w:OperationTimeout>PT60S</w:OperationTimeout>",
               R"(<w:ResourceURI mustUnderstand="true">)", kCmdUri,
               R"(</w:ResourceURI><a:Action mustUnderstand="true">)", kReceiveUri,
               R"(</a:Action><w:OptionSet><w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">TRUE</w:Option>)",
               R"(</w:OptionSet><w:SelectorSet><w:Selector Name="ShellId">)", kShellId,
               "</w:Selector></w:SelectorSet></env:Header>", kReceiveBody});
}

std::string masterzen_receive() {
  return join(
      {kDeclaration,
       R"(<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" )"
       R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
       R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">)"
       R"(<env:Header><a:To>http://ps:5985/wsman</a:To><a:ReplyTo><a:Address mustUnderstand="true">)",
       kAnonymous,
       R"(</a:Address></a:ReplyTo><w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>)"
       R"(<w:OperationTimeout>PT60S</w:OperationTimeout><a:MessageID>uuid:)",
       kMessageId, "</a:MessageID>", kLocales, R"(<a:Action mustUnderstand="true">)", kReceiveUri,
       R"(</a:Action><w:SelectorSet><w:Selector Name="ShellId">)", kShellId,
       R"(</w:Selector></w:SelectorSet><w:ResourceURI mustUnderstand="true">)", kCmdUri,
       R"(</w:ResourceURI><w:OptionSet><w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">TRUE</w:Option>)",
       "</w:OptionSet></env:Header>", kReceiveBody});
}

std::string pypsrp_receive() {
  return join(
      {R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
       R"(xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
       R"(xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:wsmv="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">)"
       R"(<s:Header><wsa:Action s:mustUnderstand="true">)",
       kReceiveUri,
       R"(</wsa:Action><wsmv:DataLocale s:mustUnderstand="false" xml:lang="en-US" />)"
       R"(<wsman:Locale s:mustUnderstand="false" xml:lang="en-US" />)"
       R"(<wsman:MaxEnvelopeSize s:mustUnderstand="true">153600</wsman:MaxEnvelopeSize>)"
       R"(<wsa:MessageID>uuid:)",
       kMessageId,
       R"(</wsa:MessageID><wsman:OperationTimeout>PT20S</wsman:OperationTimeout><wsa:ReplyTo>)"
       R"(<wsa:Address s:mustUnderstand="true">)",
       kAnonymous, R"(</wsa:Address></wsa:ReplyTo><wsman:ResourceURI s:mustUnderstand="true">)",
       kPowerShellUri, R"(</wsman:ResourceURI><wsmv:SessionId s:mustUnderstand="false">uuid:)", kSessionId,
       R"(</wsmv:SessionId><wsa:To>http://ps:5985/wsman</wsa:To><wsman:OptionSet s:mustUnderstand="true">)"
       R"(<wsman:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">True</wsman:Option></wsman:OptionSet>)"
       R"(<wsman:SelectorSet><wsman:Selector Name="ShellId">)",
       kShellId,
       R"(</wsman:Selector></wsman:SelectorSet></s:Header><s:Body><rsp:Receive>)"
       R"(<rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive></s:Body></s:Envelope>)"});
}

std::string windows_receive() {
  return join(
      {R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
       R"(xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" )"
       R"(xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" )"
       R"(xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header>)"
       R"(<a:To>http://ps:5985/wsman?PSVersion=5.1.20348.2227</a:To>)"
       R"(<w:ResourceURI s:mustUnderstand="true">)",
       kPowerShellUri, R"(</w:ResourceURI><a:ReplyTo><a:Address s:mustUnderstand="true">)", kAnonymous,
       R"(</a:Address></a:ReplyTo><a:Action s:mustUnderstand="true">)", kReceiveUri,
       R"(</a:Action><w:MaxEnvelopeSize s:mustUnderstand="true">512000</w:MaxEnvelopeSize><a:MessageID>uuid:)",
       kMessageId,
       R"(</a:MessageID><w:Locale xml:lang="en-US" s:mustUnderstand="false" />)"
       R"(<p:DataLocale xml:lang="en-US" s:mustUnderstand="false" />)"
       R"(<p:SessionId s:mustUnderstand="false">uuid:)",
       kSessionId, R"(</p:SessionId><p:OperationID s:mustUnderstand="false">uuid:)", kOperationId,
       R"(</p:OperationID><p:SequenceId s:mustUnderstand="false">1</p:SequenceId>)"
       R"(<w:SelectorSet><w:Selector Name="ShellId">)",
       kShellId,
       R"(</w:Selector></w:SelectorSet><w:OperationTimeout>PT180.000S</w:OperationTimeout></s:Header><s:Body>)"
       R"(<rsp:Receive xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">)"
       R"(<rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive></s:Body></s:Envelope>)"});
}

std::string psrp_create() {
  return without_shell(
      "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create",
      {R"(<rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" ShellId=")",
       kShellId,
       R"(" Name="WinRM1"><rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout)"
       R"(</rsp:OutputStreams><creationXml xmlns="http://schemas.microsoft.com/powershell">)"
       R"(AAAAAAAAAAEAAAAAAAAAAAMAAA==</creationXml></rsp:Shell>)"});
}

std::string pull() {
  return without_shell(
      "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull",
      {R"(<n:Pull xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"><n:EnumerationContext>uuid:)",
       kOperationId, R"(</n:EnumerationContext><n:MaxElements>20</n:MaxElements></n:Pull>)"});
}

std::string identify() {
  return R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" )"
         R"(xmlns:wsmid="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">)"
         R"(<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>)";
}

std::string create_response() {
  return response(
      "http://schemas.xmlsoap.org/ws/2004/09/transfer/CreateResponse",
      join(
          {resource_created(),
           R"(<rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">)",
           "<rsp:ShellId>", kShellId, "</rsp:ShellId><rsp:ResourceUri>", kCmdUri,
           R"(</rsp:ResourceUri><rsp:Owner>FARM\svc</rsp:Owner><rsp:ClientIP>10.0.0.9</rsp:ClientIP>)"
           R"(<rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>)"
           R"(<rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime>)"
           R"(</rsp:Shell>)"}));
}

std::string create_response_of_windows7() {
  return response("http://schemas.xmlsoap.org/ws/2004/09/transfer/CreateResponse", resource_created());
}

std::string receive_response(std::size_t output_bytes) {
  return response(join({kReceiveUri, "Response"}),
                  join({R"(<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="X">)",
                        std::string(output_bytes, 'A'), "</rsp:Stream></rsp:ReceiveResponse>"}));
}

std::string enumerate_response() {
  return response("http://schemas.xmlsoap.org/ws/2004/09/enumeration/EnumerateResponse",
                  join({"<n:EnumerateResponse><n:EnumerationContext>uuid:", kOperationId,
                        "</n:EnumerationContext></n:EnumerateResponse>"}));
}

std::string fault_response() {
  return fault(R"(<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" )"
               R"(Code="2150858793" Machine="ps1"><f:Message>Nothing yet.</f:Message></f:WSManFault>)");
}

std::string nested_fault() {
  return fault(
      R"(<w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors</w:FaultDetail>)"
      R"(<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150858843" )"
      R"(Machine="ps1"><f:Message><f:ProviderFault provider="Shell" path="%systemroot%\system32\pwrshplugin.dll">)"
      R"(<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="5" Machine="ps1">)"
      R"(<f:Message>No.</f:Message></f:WSManFault></f:ProviderFault></f:Message></f:WSManFault>)");
}

std::string wmi_fault() {
  return fault(
      R"(<p:MSFT_WmiError b:IsCIM_Error="true" )"
      R"(xmlns:p="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError" )"
      R"(xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" )"
      R"(xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><p:CIMStatusCode>27</p:CIMStatusCode>)"
      R"(<p:CIMStatusCodeDescription xsi:nil="true" /><p:error_Type xsi:type="cim:cimString">HRESULT</p:error_Type>)"
      R"(<p:error_Code xsi:type="cim:cimUnsignedInt">2150859174</p:error_Code></p:MSFT_WmiError>)");
}

std::vector<Message> all_messages() {
  using Side = EnvelopeScanner::Side;
  return {{"pywinrm", Side::Request, pywinrm_receive()},
          {"pypsrp", Side::Request, pypsrp_receive()},
          {"WinRb", Side::Request, winrb_receive()},
          {"masterzen", Side::Request, masterzen_receive()},
          {"Windows", Side::Request, windows_receive()},
          {"PSRP Create", Side::Request, psrp_create()},
          {"Pull", Side::Request, pull()},
          {"Identify", Side::Request, identify()},
          {"CreateResponse", Side::Response, create_response()},
          {"CreateResponse of Windows 7", Side::Response, create_response_of_windows7()},
          {"ReceiveResponse", Side::Response, receive_response(64)},
          {"EnumerateResponse", Side::Response, enumerate_response()},
          {"fault", Side::Response, fault_response()},
          {"nested fault", Side::Response, nested_fault()},
          {"WMI fault", Side::Response, wmi_fault()}};
}

std::string utf16(std::string_view text, Order order, Mark mark) {
  std::string out;
  const auto put = [&](char16_t unit) {
    const char high = static_cast<char>(unit >> 8);
    const char low = static_cast<char>(unit & 0xFF);
    out += order == Order::Big ? high : low;
    out += order == Order::Big ? low : high;
  };
  if (mark == Mark::Yes) put(u'\uFEFF');
  for (const char c : text)
    put(static_cast<unsigned char>(c));
  return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

Outcome scan_cut(std::string_view text, std::size_t cut, EnvelopeScanner::Side side, Charset charset) {
  EnvelopeScanner scanner(side, charset);
  // Each piece in a block of its own that is gone before the next is fed, so that nothing may look back.
  for (const auto piece : {text.substr(0, cut), text.substr(cut)}) {
    const std::vector<char> block(piece.begin(), piece.end());
    scanner.feed({block.data(), block.size()});
  }
  return {scanner.state(), scanner.facts(), std::string(scanner.resource_uri())};
}

Outcome scan_whole(std::string_view text, EnvelopeScanner::Side side, Charset charset) {
  return scan_cut(text, text.size(), side, charset);
}

Outcome scan_by_bytes(std::string_view text, EnvelopeScanner::Side side, Charset charset) {
  EnvelopeScanner scanner(side, charset);
  for (const char c : text)
    scanner.feed({&c, 1});
  return {scanner.state(), scanner.facts(), std::string(scanner.resource_uri())};
}

std::string described(const EnvelopeFacts& facts) {
  std::ostringstream out;
  const auto id = [&](std::string_view name, const std::optional<Uuid>& value) {
    if (value) out << name << " " << value->text() << "\n";
  };
  const auto ms = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
    if (value) out << name << " " << *value << " ms\n";
  };
  out << name_of(facts.action) << (facts.is_response ? " response" : "") << "\n";
  out << "resource " << static_cast<int>(facts.resource) << "\n";
  if (facts.seen_whole_header) out << "whole header\n";
  id("message", facts.message);
  id("shell", facts.shell);
  id("session", facts.session);
  id("operation", facts.operation);
  id("context", facts.enumeration_context);
  ms("timeout", facts.operation_timeout_ms);
  ms("idle", facts.idle_timeout_ms);
  if (facts.fault != 0) out << "fault " << facts.fault << "\n";
  return out.str();
}

std::string described(const Outcome& outcome) {
  constexpr std::string_view kStates[] = {"more", "done", "gave up"};
  return std::string(kStates[static_cast<int>(outcome.state)]) + "\n" + described(outcome.facts) +
         outcome.uri;
}

}  // namespace winrmlb::winrm::test
