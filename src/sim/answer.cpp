#include "winrmlb/sim/answer.h"

#include <ctime>

namespace winrmlb::sim {

namespace {

std::string_view reason_of(unsigned status) {
  // WinRM's own answers have none; those that http.sys makes by itself do.
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Request Entity Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "";
  }
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  const auto length = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, length};
}

}  // namespace

std::string head_of(const Answer& answer) {
  std::string out =
      "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string(reason_of(answer.status)) + "\r\n";
  if (!answer.content_type.empty()) out += "Content-Type: " + answer.content_type + "\r\n";
  out += "Server: Microsoft-HTTPAPI/2.0\r\n";
  for (const auto& line : answer.authenticate)
    out += "WWW-Authenticate: " + line + "\r\n";
  out += "Date: " + http_date() + "\r\n";
  if (answer.close) out += "Connection: close\r\n";
  return out + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
}

Answer plain_refusal(unsigned status) {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/html; charset=us-ascii";
  answer.body = "<html><head><title>" + std::string(reason_of(status)) + "</title></head><body><h2>" +
                std::string(reason_of(status)) + "</h2><hr><p>HTTP Error " + std::to_string(status) +
                ".</p></body></html>\r\n";
  answer.close = true;
  return answer;
}

}  // namespace winrmlb::sim
