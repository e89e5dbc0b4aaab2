// What the envelope scanner costs, on messages as pywinrm, a PSRP client and Windows write them.
#include <benchmark/benchmark.h>
#include <string>
#include <string_view>

#include "winrmlb/winrm/envelope.h"

namespace {

using winrmlb::winrm::Charset;
using winrmlb::winrm::EnvelopeScanner;
using Side = EnvelopeScanner::Side;

std::string receive_of_pywinrm() {
  return R"(<?xml version="1.0" encoding="utf-8"?>
<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config"><env:Header><a:To>http://windows-host:5985/wsman</a:To><a:ReplyTo><a:Address mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo><w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize><a:MessageID>uuid:0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11</a:MessageID><w:Locale mustUnderstand="false" xml:lang="en-US"></w:Locale><p:DataLocale mustUnderstand="false" xml:lang="en-US"></p:DataLocale><w:OperationTimeout>PT20S</w:OperationTimeout><w:ResourceURI mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI><a:Action mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive</a:Action><w:SelectorSet><w:Selector Name="ShellId">7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001</w:Selector></w:SelectorSet></env:Header><env:Body><rsp:Receive><rsp:DesiredStream CommandId="C2B0F8A4-91D3-4B44-9C3E-0A1B2C3D4E5F">stdout stderr</rsp:DesiredStream></rsp:Receive></env:Body></env:Envelope>)";
}

std::string send_of_psrp() {
  return R"(<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:wsmv="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header><wsa:Action s:mustUnderstand="true">http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send</wsa:Action><wsmv:DataLocale s:mustUnderstand="false" xml:lang="en-US" /><wsman:Locale s:mustUnderstand="false" xml:lang="en-US" /><wsman:MaxEnvelopeSize s:mustUnderstand="true">153600</wsman:MaxEnvelopeSize><wsa:MessageID>uuid:0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11</wsa:MessageID><wsman:OperationTimeout>PT20S</wsman:OperationTimeout><wsa:ReplyTo><wsa:Address s:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address></wsa:ReplyTo><wsman:ResourceURI s:mustUnderstand="true">http://schemas.microsoft.com/powershell/Microsoft.PowerShell</wsman:ResourceURI><wsmv:SessionId s:mustUnderstand="false">uuid:A1B2C3D4-0001-4002-8003-00000000000A</wsmv:SessionId><wsa:To>http://ps1.farm.example.net:5985/wsman</wsa:To><wsman:SelectorSet><wsman:Selector Name="ShellId">7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001</wsman:Selector></wsman:SelectorSet></s:Header><s:Body><rsp:Send><rsp:Stream Name="stdin" CommandId="C2B0F8A4-91D3-4B44-9C3E-0A1B2C3D4E5F">)" +
         std::string(150 * 1024, 'A') + "</rsp:Stream></rsp:Send></s:Body></s:Envelope>";
}

std::string create_response() {
  return R"(<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header><a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/CreateResponse</a:Action><a:MessageID>uuid:0F6C8A52-6F0B-4C0E-9A55-1D5A0B7B3C11</a:MessageID><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:RelatesTo>uuid:11111111-2222-4333-8444-555555555555</a:RelatesTo></s:Header><s:Body><x:ResourceCreated><a:Address>http://ps1.farm.example.net:5985/wsman</a:Address><a:ReferenceParameters><w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated><rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:ShellId>7B1F3D60-2A5C-4E7E-8C0D-55E1A9D0C001</rsp:ShellId><rsp:ResourceUri>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</rsp:ResourceUri><rsp:Owner>FARM\svc</rsp:Owner><rsp:ClientIP>10.0.0.9</rsp:ClientIP><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut></rsp:Shell></s:Body></s:Envelope>)";
}

std::string utf16(std::string_view text) {
  std::string out;
  for (const char c : text)
    out.append({c, '\0'});
  return out;
}

// Counts the bytes that the scanner looks at: up to the end of what matters, here the tag `end`.
void scan(benchmark::State& state, const std::string& message, Side side, std::string_view end,
          Charset charset = Charset::Utf8, std::size_t piece = SIZE_MAX) {
  EnvelopeScanner scanner(side, charset);
  for (auto _ : state) {
    scanner.restart(side, charset);
    for (std::string_view rest = message; !rest.empty() && scanner.state() == EnvelopeScanner::State::More;) {
      scanner.feed(rest.substr(0, piece));
      rest.remove_prefix(std::min(piece, rest.size()));
    }
    benchmark::DoNotOptimize(scanner.facts());
    benchmark::ClobberMemory();
  }
  if (scanner.state() != EnvelopeScanner::State::Done || !scanner.facts().shell) {
    return state.SkipWithError("the message was not understood");
  }
  const auto scanned = message.find(end) + end.size();
  state.counters["scanned_bytes"] = static_cast<double>(scanned);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(scanned));
}

void scan_receive(benchmark::State& state) {
  scan(state, receive_of_pywinrm(), Side::Request, "</env:Header>");
}
BENCHMARK(scan_receive);

void scan_receive_in_utf16(benchmark::State& state) {
  scan(state, utf16(receive_of_pywinrm()), Side::Request, utf16("</env:Header>"), Charset::Utf16);
}
BENCHMARK(scan_receive_in_utf16);

void scan_receive_in_pieces(benchmark::State& state) {
  const auto piece = static_cast<std::size_t>(state.range(0));
  scan(state, receive_of_pywinrm(), Side::Request, "</env:Header>", Charset::Utf8, piece);
}
BENCHMARK(scan_receive_in_pieces)->Arg(512)->Arg(64)->Arg(1);

void scan_send_of_150_kib(benchmark::State& state) {
  scan(state, send_of_psrp(), Side::Request, "</s:Header>");
}
BENCHMARK(scan_send_of_150_kib);

void scan_create_response(benchmark::State& state) {
  scan(state, create_response(), Side::Response, "</rsp:IdleTimeOut>");
}
BENCHMARK(scan_create_response);

}  // namespace

BENCHMARK_MAIN();
