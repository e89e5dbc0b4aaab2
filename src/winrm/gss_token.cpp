#include "gss_token.h"

#include "winrmlb/core/base64.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kNtlm{"NTLMSSP\0", 8};
// Contents of object identifiers.
constexpr std::string_view kSpnego = "\x2b\x06\x01\x05\x05\x02";                       // 1.3.6.1.5.5.2
constexpr std::string_view kKerberos = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";         // 1.2.840.113554.1.2.2
constexpr std::string_view kWindowsKerberos = "\x2a\x86\x48\x82\xf7\x12\x01\x02\x02";  // 1.2.840.48018.1.2.2

constexpr std::uint8_t kInitialToken = 0x60;  // [APPLICATION 0]
constexpr std::uint8_t kResponseToken = 0xa1;
constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kOctetString = 0x04;
constexpr std::uint8_t kEnumerated = 0x0a;
constexpr std::uint8_t kObjectId = 0x06;
constexpr std::uint8_t explicit_tag(unsigned number) { return static_cast<std::uint8_t>(0xa0 | number); }

GssToken of_ntlm(std::string_view message) noexcept {
  if (message.size() < kNtlm.size() + 4 ||
      message.substr(kNtlm.size() + 1, 3) != std::string_view("\0\0\0", 3))
    return {};
  switch (message[kNtlm.size()]) {
    case 1:
      return {GssContent::NtlmNegotiate, {}};
    case 2:
      return {GssContent::NtlmChallenge, {}};
    case 3:
      return {GssContent::NtlmAuthenticate, {}};
    default:
      return {};
  }
}

// RFC 4121 4.1: two bytes say which message follows.
GssToken of_kerberos(std::string_view bytes, bool cut) noexcept {
  const auto id = bytes.substr(0, 2);
  DerReader reader(bytes.substr(id.size()), cut);
  const auto message = reader.next();
  if (!message) return {};
  if (id == std::string_view("\x01\x00", 2) && message->tag == 0x6e)
    return {GssContent::KerberosRequest, *message};
  if (id == std::string_view("\x02\x00", 2) && message->tag == 0x6f)
    return {GssContent::KerberosResponse, {}};
  if (id == std::string_view("\x03\x00", 2) && message->tag == 0x7e)
    return {GssContent::KerberosError, *message};
  return {};
}

bool is_kerberos(const DerElement& oid) noexcept {
  return oid.content == kKerberos || oid.content == kWindowsKerberos;
}

// A token of a mechanism itself.
GssToken of_mechanism(const DerElement& octets) noexcept {
  if (octets.content.starts_with(kNtlm)) return of_ntlm(octets.content);
  DerReader outer(octets);
  const auto token = outer.next(kInitialToken);
  if (!token) return {};
  DerReader reader(*token);
  const auto oid = reader.next(kObjectId);
  return oid && is_kerberos(*oid) ? of_kerberos(reader.rest(), reader.cut()) : GssToken{};
}

// RFC 4178 4.2.1: mechTypes [0], reqFlags [1], mechToken [2].
GssToken of_negotiation(DerReader reader) noexcept {
  const auto choice = reader.next(explicit_tag(0));
  if (!choice) return {};
  const auto sequence = DerReader(*choice).next(kSequence);
  if (!sequence) return {};
  const auto field = DerReader(*sequence).find(explicit_tag(2));
  const auto token = field ? DerReader(*field).next(kOctetString) : std::nullopt;
  return token ? of_mechanism(*token) : GssToken{};
}

// RFC 4178 4.2.2: negState [0], supportedMech [1], responseToken [2]. A rejection may say why in its token.
GssToken of_response(const DerElement& choice) noexcept {
  constexpr std::string_view kReject = "\x02";
  const auto sequence = DerReader(choice).next(kSequence);
  if (!sequence) return {};
  GssToken found;
  bool rejected = false;
  DerReader fields(*sequence);
  while (const auto field = fields.next()) {
    if (field->tag == explicit_tag(0)) {
      const auto state = DerReader(*field).next(kEnumerated);
      rejected = state && state->content == kReject;
    } else if (field->tag == explicit_tag(2)) {
      const auto token = DerReader(*field).next(kOctetString);
      if (token) found = of_mechanism(*token);
      break;
    }
  }
  return rejected && found.content != GssContent::KerberosError ? GssToken{GssContent::Rejection, {}} : found;
}

}  // namespace

TokenStart::TokenStart(std::string_view token_text) noexcept : cut_(token_text.size() > kDigits) {
  const bool whole = decode_base64(token_text.substr(0, kDigits), [this](char c) { bytes_[size_++] = c; });
  if (!whole) size_ = 0;
}

GssToken read_gss_token(const TokenStart& start) noexcept {
  if (start.bytes().starts_with(kNtlm)) return of_ntlm(start.bytes());
  DerReader outer(start.bytes(), start.cut());
  const auto token = outer.next();
  if (!token) return {};
  if (token->tag == kResponseToken) return of_response(*token);
  if (token->tag != kInitialToken) return {};
  DerReader reader(*token);
  const auto oid = reader.next(kObjectId);
  if (!oid) return {};
  if (oid->content == kSpnego) return of_negotiation(reader);
  return is_kerberos(*oid) ? of_kerberos(reader.rest(), reader.cut()) : GssToken{};
}

GssContent gss_content(std::string_view token_text) noexcept {
  return read_gss_token(TokenStart(token_text)).content;
}

}  // namespace winrmlb::winrm
