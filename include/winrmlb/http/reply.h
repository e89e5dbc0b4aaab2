// The bytes of an answer of our own: a status line, its fields and a body, ready to be sent. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace winrmlb::http {

struct OwnReply {
  std::uint16_t status = 500;
  std::string_view content_type;  // empty: no body
  std::string_view body;
  std::uint32_t retry_after = 0;  // seconds; 0: no field
  bool head_request = false;      // HEAD: the length is told, the body is not sent
  std::string_view extra_fields;  // complete lines with CRLF
};

/// Always "HTTP/1.1", an exact Content-Length, Date-less, and "Connection: close".
std::string serialize(const OwnReply& reply);
std::string_view reason_phrase(std::uint16_t status) noexcept;

}  // namespace winrmlb::http
