#include "winrmlb/winrm/sealed_body.h"

#include <cstdint>

namespace winrmlb::winrm {

namespace {
constexpr std::string_view kDelimiter = "--Encrypted Boundary\r\n";
constexpr std::string_view kEnd = "--Encrypted Boundary--";
constexpr std::string_view kOctets = "application/octet-stream\r\n";
constexpr std::size_t kLengthBytes = 4;
}  // namespace

std::string sealed_content_type(std::string_view protocol) {
  return "multipart/encrypted;protocol=\"" + std::string(protocol) + "\";boundary=\"Encrypted Boundary\"";
}

std::string write_sealed_body(std::string_view protocol, std::size_t clear_bytes, const SealedParts& parts) {
  std::string body(kDelimiter);
  body.append("\tContent-Type: ").append(protocol);
  body.append("\r\n\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=");
  body.append(std::to_string(clear_bytes)).append("\r\n");
  body.append(kDelimiter).append("\tContent-Type: ").append(kOctets);
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    body += static_cast<char>((parts.signature.size() >> (8 * i)) & 0xFFU);
  body.append(parts.signature).append(parts.bytes).append(kEnd).append("\r\n");
  return body;
}

std::optional<SealedParts> read_sealed_body(std::string_view body) noexcept {
  if (!body.starts_with(kDelimiter)) return std::nullopt;
  const auto second = body.find(kDelimiter, kDelimiter.size());
  if (second == std::string_view::npos) return std::nullopt;
  const auto octets = body.find(kOctets, second);
  const auto end = body.rfind(kEnd);
  if (octets == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
  const auto begin = octets + kOctets.size();
  if (end < begin || end - begin < kLengthBytes) return std::nullopt;
  auto payload = body.substr(begin, end - begin);
  std::size_t signature = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i)
    signature |= std::size_t{static_cast<std::uint8_t>(payload[i])} << (8 * i);
  payload.remove_prefix(kLengthBytes);
  if (signature > payload.size()) return std::nullopt;
  return SealedParts{payload.substr(0, signature), payload.substr(signature)};
}

}  // namespace winrmlb::winrm
