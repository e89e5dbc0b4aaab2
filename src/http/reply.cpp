#include "winrmlb/http/reply.h"

#include "winrmlb/core/check.h"

namespace winrmlb::http {

std::string serialize(const OwnReply& reply) {
  WINRMLB_CHECK(reply.status >= 200 && reply.status <= 599);
  const bool bodiless = reply.status == 204 || reply.status == 304;  // RFC 9110 8.6: no length, either
  const auto body = reply.content_type.empty() || bodiless ? std::string_view{} : reply.body;

  std::string out;
  out.reserve(192 + reply.content_type.size() + reply.extra_fields.size() + body.size());
  out.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
  out.append(reason_phrase(reply.status)).append("\r\n");
  if (!reply.content_type.empty() && !bodiless) {
    out.append("Content-Type: ").append(reply.content_type).append("\r\n");
  }
  if (!bodiless) out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  if (reply.retry_after != 0)
    out.append("Retry-After: ").append(std::to_string(reply.retry_after)).append("\r\n");
  out.append(reply.extra_fields).append("Connection: close\r\n\r\n");
  if (!reply.head_request) out.append(body);
  return out;
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 407:
      return "Proxy Authentication Required";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return {};
  }
}

}  // namespace winrmlb::http
