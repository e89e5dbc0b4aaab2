#include <array>
#include <cstdio>

#include "http/message_generator.h"

namespace winrmlb::http {

using namespace std::string_view_literals;

std::string MessageGenerator::request() {
  std::string message;
  if (one_in(4)) {
    message += any({"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "M-SEARCH", "CONNECT", "post", "BREW",
                    "A-METHOD-THAT-IS-FAR-LONGER-THAN-ANY-EVER-REGISTERED", "G T", ""});
  } else {
    message += "POST";
  }
  message += one_in(40) ? any({"  ", "\t", ""}) : " ";
  message += one_in(4) ? any({"/", "/a?b=c&d", "http://ps1:5985/wsman", "*", "ps1:443", "wsman",
                              "/\"<>\\^`{|}#", "/\xc3\xa9", "https://", "ftp://a/"})
                       : "/wsman";
  message += one_in(40) ? any({"  ", ""}) : " ";
  message += one_in(8) ? any({"HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "HTTP/1.1 ", ""}) : "HTTP/1.1";
  message += one_in(60) ? "\n" : "\r\n";
  if (!one_in(30))
    message += one_in(12) ? any({"Host:\r\n", "host: [::1]:5985\r\n", "Host: a,b\r\n"}) : "Host: ps1\r\n";

  Framing framing{};
  std::size_t length = 0;
  message += section(framing, length);
  message += body(framing, length);
  if (one_in(3)) bend(message);
  return message;
}

std::string MessageGenerator::response() {
  std::string message(one_in(8) ? any({"HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1", "ICY"}) : "HTTP/1.1");
  message += one_in(60) ? any({"  ", ""}) : " ";
  message += one_in(2)
                 ? any({"100", "101", "204", "304", "401", "500", "503", "099", "600", "999", "2000", "2x0"})
                 : "200";
  message += one_in(10) ? any({"", " ", "  ", "\t"}) : " ";
  if (!message.ends_with("\t") && one_in(2)) message += any({"OK", "Not\tAt All", "\xc9", "a b c"});
  if (message.size() == 12 && !one_in(4)) message += " ";
  message += one_in(60) ? "\n" : "\r\n";
  Framing framing{};
  std::size_t length = 0;
  message += section(framing, length);
  message += body(framing, length);
  if (one_in(3)) bend(message);
  return message;
}

std::string MessageGenerator::section(Framing& framing, std::size_t& length) {
  std::string lines;
  for (auto i = below(4); i > 0; --i)
    lines += field_line();
  lines += framing_lines(framing, length);
  for (auto i = below(3); i > 0; --i)
    lines += field_line();
  return lines + "\r\n";
}

std::string MessageGenerator::field_line() {
  if (one_in(50))
    return std::string(any({" folded\r\n", "No-Colon\r\n", ": nameless\r\n", "A : b\r\n", "A: b\n"}));
  std::string line(
      any({"Accept", "User-Agent", "X-Token", "Connection", "Keep-Alive", "Authorization", "Content-Type",
           "Expect", "Cookie", "Cookie", "Proxy-Connection", "Date", "A", "Upgrade", "TE"}));
  line += any({": ", ":", ":\t", ":  "});
  if (line.starts_with("Connection") || line.starts_with("Proxy-")) {
    line += any({"close", "Keep-Alive", "TE, close", ",, a ,", "", "upgrade", "keep-alive, close"});
    if (one_in(12)) line += any({" x", ", \"a, b\"", ";q=1", "/"});
  } else {
    line += any({"", "x", "two words", "\xff\x80", "a, b", "\"quoted, text\"", "100-continue",
                 "Negotiate TlRMTVNTUAABAAAAt4II4gAAAAAAAAAAAAAAAAAAAAA="});
  }
  line += one_in(6) ? any({" ", "\t", " \t "}) : "";
  return line + "\r\n";
}

std::string MessageGenerator::framing_lines(Framing& framing, std::size_t& length) {
  framing = static_cast<Framing>(below(3));
  length = below(40);
  std::string lines;
  switch (framing) {
    case Framing::None:
      break;
    case Framing::Length:
      lines = "Content-Length: " + std::to_string(length) + "\r\n";
      break;
    case Framing::Chunked:
      lines = "Transfer-Encoding: chunked\r\n";
      break;
  }
  if (one_in(12)) {
    lines += any({"Content-Length: 5\r\n", "Content-Length: 5, 5\r\n", "Content-Length: 05\r\n",
                  "Content-Length: +5\r\n", "Content-Length: 9223372036854775808\r\n",
                  "Content-Length: 18446744073709551616\r\n", "Transfer-Encoding: chunked\r\n",
                  "Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip\r\n",
                  "transfer-encoding: gzip, chunked\r\n", "Transfer-Encoding: Chunked\r\n",
                  "Content-Length:\r\n"});
  }
  if (one_in(40)) lines += lines;
  return lines;
}

std::string MessageGenerator::content(std::size_t bytes) {
  std::string out;
  while (out.size() < bytes)
    out += any({"x", "<env>", "\r\n", "0\r\n\r\n", "\0"sv, "GET / HTTP/1.1\r\n"});
  out.resize(bytes);
  return out;
}

std::string MessageGenerator::chunk_size(std::size_t bytes) {
  std::array<char, 32> digits{};
  const auto size = std::snprintf(digits.data(), digits.size(), one_in(2) ? "%zx" : "%zX", bytes);
  std::string out(digits.data(), static_cast<std::size_t>(size));
  if (one_in(12)) out.insert(0, any({"0", "000", "00000000000000000000", "0x", "+", " "}));
  if (one_in(8))
    out += any({";a", ";a=b", ";a=\"b\\\"c\"", ";a;b", " ;a", "; a", ";", " ", ";a=b=c", ";a=\"\x01\""});
  if (one_in(200)) out += ";" + std::string(300, 'x');
  if (one_in(200)) out = any({"8000000000000000", "ffffffffffffffff", "10000000000000000", ""});
  return out + (one_in(80) ? "\n" : "\r\n");
}

std::string MessageGenerator::body(Framing framing, std::size_t length) {
  std::string out;
  switch (framing) {
    case Framing::None:
      break;
    case Framing::Length:
      out = content(length - (length > 0 && one_in(20) ? 1 : 0));
      break;
    case Framing::Chunked:
      for (auto i = below(4); i > 0; --i) {
        const auto bytes = below(20) + 1;
        out += chunk_size(bytes) + content(bytes) + "\r\n";
      }
      out += chunk_size(0);
      if (one_in(5))
        out += any({"Digest: x\r\n", "A:\r\nB: \xff\r\n", "Host: b\r\n", "A: b\r\n c\r\n", "A : b\r\n"});
      if (!one_in(20)) out += "\r\n";
      break;
  }
  if (one_in(4)) out += any({"GET / HTTP/1.1\r\n", "\r\n", "HTTP/1.1 200 OK\r\n\r\n"});
  return out;
}

// One to three bytes or words more, less or other than they were.
void MessageGenerator::bend(std::string& message) {
  for (auto i = below(3) + 1; i > 0 && !message.empty(); --i) {
    const auto at = below(message.size());
    switch (below(4)) {
      case 0:
        message.erase(at, 1);
        break;
      case 1:
        message[at] = static_cast<char>(below(256));
        break;
      case 2:
        message.insert(
            at, any({"\r\n", "\n", "\r", " ", "\t", "\0"sv, ":", ",", "0", "\x7f", "\x80", "chunked", ";"}));
        break;
      case 3:
        message.insert(at, message.substr(at, below(12)));
        break;
    }
  }
}

}  // namespace winrmlb::http
