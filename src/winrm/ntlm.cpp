// The user's name and the channel binding in an NTLM type 3 message (MS-NLMP 2.2.1.3, AUTHENTICATE_MESSAGE):
//
//   0 "NTLMSSP\0"   8 type = 3   12 LM response   20 NT response   28 domain   36 user   44 workstation
//   52 session key   60 flags … payload; each field is length, room (16 bits each), offset from the signature
//   (32 bits)
//
// All numbers are little-endian, and all come from outside: nothing is read beyond the bytes that are there.
#include <cstdint>

#include "winrmlb/core/base64.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kSignature{"NTLMSSP\0", 8};
constexpr std::size_t kNtResponseField = 20;
constexpr std::size_t kDomainField = 28;
constexpr std::size_t kUserField = 36;
constexpr std::size_t kFlags = 60;
constexpr std::size_t kFixedBytes = 64;
constexpr std::uint32_t kUnicode = 0x00000001;  // NTLMSSP_NEGOTIATE_UNICODE
constexpr std::size_t kMostNameBytes = 1024;    // far above what a directory allows
constexpr std::size_t kMostResponseBytes = 16 * 1024;

std::uint32_t read_u16(std::string_view bytes, std::size_t at) noexcept {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

std::uint32_t read_u32(std::string_view bytes, std::size_t at) noexcept {
  return read_u16(bytes, at) | read_u16(bytes, at + 2) << 16;
}

// The bytes of the field whose description is at `at`.
std::optional<std::string_view> payload(std::string_view message, std::size_t at,
                                        std::size_t most = kMostNameBytes) noexcept {
  const std::size_t length = read_u16(message, at);
  const std::size_t offset = read_u32(message, at + 4);
  if (length > most || offset > message.size() || length > message.size() - offset) return std::nullopt;
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

bool is_authenticate(std::string_view message) noexcept {
  constexpr std::uint32_t kAuthenticate = 3;
  return message.size() >= kFixedBytes && read_u32(message, 8) == kAuthenticate;
}

std::optional<std::string> user_in(std::string_view message) {
  const auto domain_bytes = payload(message, kDomainField);
  const auto user_bytes = payload(message, kUserField);
  if (!domain_bytes || !user_bytes || user_bytes->empty()) return std::nullopt;
  const bool is_unicode = (read_u32(message, kFlags) & kUnicode) != 0;
  const auto domain = is_unicode ? from_utf16(*domain_bytes) : from_oem(*domain_bytes);
  const auto user = is_unicode ? from_utf16(*user_bytes) : from_oem(*user_bytes);
  if (!domain || !user) return std::nullopt;
  return domain->empty() ? *user : *domain + '\\' + *user;
}

// The NT response of NTLMv2: 16 bytes of proof, then the client's challenge (MS-NLMP 2.2.2.7), 28 bytes
// before its list of pairs: id, length (16 bits each), value. NTLMv1 has 24 bytes in all and no such list.
Bindings bindings_in(std::string_view message) noexcept {
  constexpr std::size_t kPairs = 16 + 28;
  constexpr std::uint32_t kEnd = 0;
  constexpr std::uint32_t kChannelBindings = 10;
  const auto response = payload(message, kNtResponseField, kMostResponseBytes);
  if (!response) return Bindings::Unknown;
  if (response->size() <= kPairs) return Bindings::Absent;
  auto pairs = response->substr(kPairs);
  while (pairs.size() >= 4) {
    const auto id = read_u16(pairs, 0);
    const auto length = read_u16(pairs, 2);
    pairs.remove_prefix(4);
    if (id == kEnd) return Bindings::Absent;
    if (length > pairs.size()) return Bindings::Unknown;
    // All zeros: the client had no channel to bind to.
    if (id == kChannelBindings) {
      const bool none = pairs.substr(0, length).find_first_not_of('\0') == std::string_view::npos;
      return none ? Bindings::Absent : Bindings::Present;
    }
    pairs.remove_prefix(length);
  }
  return Bindings::Unknown;
}

// Gives each type 3 message of a token, from its signature on, until `take` has what it wants. Within SPNEGO
// the message is an octet string somewhere in a NegTokenResp; its signature is as good as the DER path.
template <typename Take>
void each_authenticate(std::string_view token_text, Take take) {
  const auto decoded = decode_base64(token_text);
  if (!decoded) return;
  const std::string_view bytes = *decoded;
  for (auto at = bytes.find(kSignature); at != std::string_view::npos; at = bytes.find(kSignature, at + 1)) {
    const auto message = bytes.substr(at);
    if (is_authenticate(message) && take(message)) return;
  }
}

}  // namespace

std::optional<std::string> ntlm_user(std::string_view token_text) {
  std::optional<std::string> user;
  each_authenticate(token_text, [&user](std::string_view message) {
    user = user_in(message);
    return user.has_value();
  });
  return user;
}

Bindings ntlm_bindings(std::string_view token_text) {
  auto bindings = Bindings::Unknown;
  each_authenticate(token_text, [&bindings](std::string_view message) {
    bindings = bindings_in(message);
    return bindings != Bindings::Unknown;
  });
  return bindings;
}

}  // namespace winrmlb::winrm
