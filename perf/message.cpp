#include "message.h"

#include <charconv>
#include <strings.h>

namespace winrmlb::perf {

namespace {

constexpr std::string_view kReceiveBody =
    R"(<?xml version="1.0" encoding="utf-8"?>)"
    R"(<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope")"
    R"( xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing")"
    R"( xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd")"
    R"( xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><env:Header>)"
    R"(<a:To>http://windows-host:5985/wsman</a:To><a:ReplyTo><a:Address env:mustUnderstand="true">)"
    R"(http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>)"
    R"(<a:Action env:mustUnderstand="true">)"
    R"(http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive</a:Action>)"
    R"(<a:MessageID>uuid:5D1C0B4E-8A5F-4F43-9B9A-0C8D0A2E7F11</a:MessageID>)"
    R"(<w:OperationTimeout>PT1200S</w:OperationTimeout>)"
    R"(<w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI>)"
    R"(<w:SelectorSet><w:Selector Name="ShellId">11A6C9D2-3C0B-4F0E-9D55-6E1B7A3F2C48</w:Selector>)"
    R"(</w:SelectorSet></env:Header><env:Body><rsp:Receive>)"
    R"(<rsp:DesiredStream CommandId="7E2B8C11-94B5-4D2B-8F35-1A6D0C9E5B27">stdout stderr</rsp:DesiredStream>)"
    R"(</rsp:Receive></env:Body></env:Envelope>)";

constexpr std::string_view kReceiveAnswer =
    R"(<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope")"
    R"( xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing")"
    R"( xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd")"
    R"( xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header>)"
    R"(<a:Action>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/ReceiveResponse</a:Action>)"
    R"(<a:RelatesTo>uuid:5D1C0B4E-8A5F-4F43-9B9A-0C8D0A2E7F11</a:RelatesTo></s:Header><s:Body>)"
    R"(<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="7E2B8C11-94B5-4D2B-8F35-1A6D0C9E5B27">)";

constexpr std::string_view kReceiveAnswerEnd = R"(</rsp:Stream></rsp:ReceiveResponse></s:Body></s:Envelope>)";

std::string_view target_of(Ask ask) {
  switch (ask) {
    case Ask::Small:
      return "/wsman";
    case Ask::Bulk:
      return "/wsman?bulk";
    case Ask::Hold:
      return "/wsman?hold";
  }
  return "";
}

}  // namespace

std::string receive_request(Ask ask) {
  std::string text("POST ");
  text.append(target_of(ask)).append(" HTTP/1.1\r\n");
  text +=
      "Host: windows-host:5985\r\n"
      "User-Agent: Python WinRM client\r\n"
      "Accept-Encoding: gzip, deflate\r\n"
      "Accept: */*\r\n"
      "Connection: keep-alive\r\n"
      "Content-Type: application/soap+xml;charset=UTF-8\r\n"
      "Content-Length: ";
  text += std::to_string(kReceiveBody.size());
  text += "\r\nAuthorization: Basic cm9ib3Q6bm90LWEtcmVhbC1wYXNzd29yZA==\r\n\r\n";
  text += kReceiveBody;
  return text;
}

std::string receive_response(Ask ask) {
  const std::size_t body_bytes = ask == Ask::Bulk ? kBulkBytes : 840;
  std::string body(kReceiveAnswer);
  body.append(body_bytes - body.size() - kReceiveAnswerEnd.size(), 'A');
  body += kReceiveAnswerEnd;
  std::string text =
      "HTTP/1.1 200 \r\n"
      "Content-Type: application/soap+xml;charset=UTF-8\r\n"
      "Server: Microsoft-HTTPAPI/2.0\r\n"
      "Date: Mon, 02 Mar 2026 10:00:00 GMT\r\n"
      "Content-Length: ";
  text.append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

void MessageReader::reset() {
  partial_.clear();
  in_body_ = false;
}

bool MessageReader::read_head(std::string_view head) {
  constexpr std::string_view kLength = "content-length:";
  start_line_.assign(head.substr(0, head.find("\r\n")));
  body_left_ = 0;
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at)) {
    at += 2;
    const auto field = head.substr(at);
    if (field.size() <= kLength.size() || strncasecmp(field.data(), kLength.data(), kLength.size()) != 0)
      continue;
    const char* digits = field.data() + kLength.size();
    while (*digits == ' ')
      ++digits;
    return std::from_chars(digits, head.data() + head.size(), body_left_).ec == std::errc();
  }
  // Nothing here answers or asks without a body, but for the one GET of the control page.
  return start_line_.starts_with("GET ");
}

MessageReader::Progress MessageReader::feed(std::string_view bytes) {
  if (!in_body_) {
    if (!partial_.empty()) bytes = partial_.append(bytes);
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (partial_.empty()) partial_.assign(bytes);
      return Progress::More;
    }
    if (!read_head(bytes.substr(0, end + 2))) return Progress::Bad;
    bytes.remove_prefix(end + 4);
    in_body_ = true;
  }
  if (bytes.size() > body_left_) return Progress::Bad;
  body_left_ -= bytes.size();
  if (body_left_ > 0) return Progress::More;
  reset();
  return Progress::Complete;
}

}  // namespace winrmlb::perf
