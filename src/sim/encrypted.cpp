// The multipart/encrypted body, as login.h declares it.
#include "winrmlb/core/text.h"
#include "winrmlb/sim/login.h"

namespace winrmlb::sim {

namespace {

constexpr std::string_view kDelimiter = "--Encrypted Boundary\r\n";
constexpr std::string_view kEnd = "--Encrypted Boundary--";

// Takes the next line off the front, without its CRLF and leading blanks; nothing if there is none.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = trimmed(rest.substr(0, end));
  rest.remove_prefix(end + 2);
  return line;
}

std::optional<std::string_view> value_after(std::string_view line, std::string_view name) {
  if (!starts_with_ignoring_case(line, name)) return std::nullopt;
  return trimmed(line.substr(name.size()));
}

}  // namespace

std::optional<EncryptedBody> read_encrypted(std::string_view body) {
  EncryptedBody out;
  if (!body.starts_with(kDelimiter)) return std::nullopt;
  body.remove_prefix(kDelimiter.size());
  while (!body.starts_with(kDelimiter)) {
    const auto line = next_line(body);
    if (!line) return std::nullopt;
    if (const auto type = value_after(*line, "Content-Type:")) out.protocol = std::string(*type);
    if (const auto original = value_after(*line, "OriginalContent:")) {
      const auto length_at = original->rfind("Length=");
      if (length_at == std::string_view::npos || !original->starts_with("type=")) return std::nullopt;
      const auto length = parse_unsigned(trimmed(original->substr(length_at + 7)), 1U << 30U);
      if (!length) return std::nullopt;
      out.clear_bytes = *length;
      auto type = original->substr(5, length_at - 5);
      while (type.ends_with(';'))
        type.remove_suffix(1);
      out.content_type = std::string(type);
    }
  }
  body.remove_prefix(kDelimiter.size());
  const auto octets = next_line(body);
  if (!octets || !starts_with_ignoring_case(*octets, "Content-Type: application/octet-stream"))
    return std::nullopt;
  const auto end = body.rfind(kEnd);
  if (out.protocol.empty() || out.content_type.empty() || end == std::string_view::npos || end < 4)
    return std::nullopt;
  body = body.substr(0, end);
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length |= std::size_t{static_cast<unsigned char>(body[i])} << (8 * i);
  body.remove_prefix(4);
  if (length > body.size()) return std::nullopt;
  out.sealed.signature = std::string(body.substr(0, length));
  out.sealed.bytes = std::string(body.substr(length));
  return out;
}

std::string write_encrypted(const EncryptedBody& body) {
  std::string out(kDelimiter);
  out += "\tContent-Type: " + body.protocol + "\r\n\tOriginalContent: type=" + body.content_type +
         ";Length=" + std::to_string(body.clear_bytes) + "\r\n";
  out.append(kDelimiter);
  out += "\tContent-Type: application/octet-stream\r\n";
  for (int i = 0; i < 4; ++i)
    out += static_cast<char>((body.sealed.signature.size() >> (8 * i)) & 255U);
  out += body.sealed.signature;
  out += body.sealed.bytes;
  out.append(kEnd);
  out += "\r\n";
  return out;
}

}  // namespace winrmlb::sim
