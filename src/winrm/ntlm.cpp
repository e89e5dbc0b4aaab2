// The user's name in an NTLM type 3 message (MS-NLMP 2.2.1.3, AUTHENTICATE_MESSAGE):
//
//   0 "NTLMSSP\0"   8 type = 3   12 LM response   20 NT response   28 domain   36 user   44 workstation
//   52 session key   60 flags … payload; each field is length, room (16 bits each), offset from the signature
//   (32 bits)
//
// All numbers are little-endian, and all come from outside: nothing is read beyond the bytes that are there.
#include <cstdint>

#include "base64.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kSignature{"NTLMSSP\0", 8};
constexpr std::size_t kDomainField = 28;
constexpr std::size_t kUserField = 36;
constexpr std::size_t kFlags = 60;
constexpr std::size_t kFixedBytes = 64;
constexpr std::uint32_t kUnicode = 0x00000001;  // NTLMSSP_NEGOTIATE_UNICODE
constexpr std::size_t kMostNameBytes = 1024;    // far above what a directory allows

std::uint32_t read_u16(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at) noexcept {
  return read_u16(bytes, at) | read_u16(bytes, at + 2) << 16;
}

// The bytes of the field whose description is at `at`.
std::optional<std::string_view> payload(std::string_view message, std::size_t at) noexcept {
  const std::size_t length = read_u16(message, at);
  const std::size_t offset = read_u32(message, at + 4);
  if (length > kMostNameBytes || offset > message.size() || length > message.size() - offset)
    return std::nullopt;
  return message.substr(offset, length);
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0 | point >> 6);
    add(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
    add(0x80 | (point & 0x3f));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3f));
    add(0x80 | (point >> 6 & 0x3f));
    add(0x80 | (point & 0x3f));
  }
}

constexpr std::uint32_t kReplacement = 0xfffd;
constexpr bool is_high_surrogate(std::uint32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
constexpr bool is_low_surrogate(std::uint32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }

std::optional<std::string> from_utf16(std::string_view bytes) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    std::uint32_t point = read_u16(bytes, i);
    if (is_high_surrogate(point)) {
      const std::uint32_t low = i + 2 < bytes.size() ? read_u16(bytes, i + 2) : 0;
      if (is_low_surrogate(low)) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i += 2;
      } else {
        point = kReplacement;
      }
    } else if (is_low_surrogate(point)) {
      point = kReplacement;
    }
    append_utf8(out, point);
  }
  return out;
}

// The OEM code page is known to the two ends only; what is not ASCII cannot be told.
std::string from_oem(std::string_view bytes) {
  std::string out;
  for (const char c : bytes)
    append_utf8(out, static_cast<unsigned char>(c) < 0x80 ? static_cast<unsigned char>(c) : kReplacement);
  return out;
}

// `message` begins with the signature.
std::optional<std::string> user_of(std::string_view message) {
  constexpr std::uint32_t kAuthenticate = 3;
  if (message.size() < kFixedBytes || read_u32(message, 8) != kAuthenticate) return std::nullopt;
  const auto domain_bytes = payload(message, kDomainField);
  const auto user_bytes = payload(message, kUserField);
  if (!domain_bytes || !user_bytes || user_bytes->empty()) return std::nullopt;
  const bool is_unicode = (read_u32(message, kFlags) & kUnicode) != 0;
  const auto domain = is_unicode ? from_utf16(*domain_bytes) : from_oem(*domain_bytes);
  const auto user = is_unicode ? from_utf16(*user_bytes) : from_oem(*user_bytes);
  if (!domain || !user) return std::nullopt;
  return domain->empty() ? *user : *domain + '\\' + *user;
}

}  // namespace

// Within SPNEGO the message is an octet string somewhere in a NegTokenResp; its signature is as good as the
// DER path.
std::optional<std::string> ntlm_user(std::string_view token_text) {
  const auto decoded = decode_base64(token_text);
  if (!decoded) return std::nullopt;
  const std::string_view bytes = *decoded;
  for (auto at = bytes.find(kSignature); at != std::string_view::npos; at = bytes.find(kSignature, at + 1)) {
    if (auto user = user_of(bytes.substr(at))) return user;
  }
  return std::nullopt;
}

}  // namespace winrmlb::winrm
