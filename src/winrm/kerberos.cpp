#include "winrmlb/winrm/kerberos.h"

#include "gss_token.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/text.h"

namespace winrmlb::winrm {

namespace {

constexpr std::size_t kMostNameBytes = 255;
constexpr int kMostNameParts = 4;

constexpr std::uint8_t kSequence = 0x30;
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kGeneralString = 0x1b;
constexpr std::uint8_t kTicket = 0x61;  // [APPLICATION 1]
constexpr std::uint8_t explicit_tag(unsigned number) { return static_cast<std::uint8_t>(0xa0 | number); }

// A name that may stand in a log: no blanks or control characters, not absurdly long.
std::optional<std::string_view> name_in(const std::optional<DerElement>& element) noexcept {
  if (!element || element->tag != kGeneralString || element->cut) return std::nullopt;
  if (element->content.empty() || element->content.size() > kMostNameBytes) return std::nullopt;
  for (const char c : element->content) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
  }
  return element->content;
}

// RFC 4120 5.2.2, PrincipalName: name-type [0], name-string [1] SEQUENCE OF GeneralString.
std::optional<std::string> principal_in(const DerElement& field) {
  const auto sequence = DerReader(field).next(kSequence);
  if (!sequence) return std::nullopt;
  const auto names = DerReader(*sequence).find(explicit_tag(1));
  const auto list = names ? DerReader(*names).next(kSequence) : std::nullopt;
  if (!list || list->cut) return std::nullopt;
  std::string joined;
  DerReader reader(*list);
  for (int part = 0; !reader.rest().empty(); ++part) {
    const auto name = name_in(reader.next());
    if (!name || part == kMostNameParts) return std::nullopt;
    joined += (part == 0 ? "" : "/");
    joined += *name;
  }
  if (joined.empty()) return std::nullopt;
  return joined;
}

}  // namespace

std::string_view KerberosTarget::host() const noexcept {
  const std::string_view whole = service;
  const auto slash = whole.find('/');
  if (slash == std::string_view::npos) return {};
  const auto host = whole.substr(slash + 1);
  return host.substr(0, host.find_first_of("/:"));
}

std::optional<KerberosTarget> kerberos_target(std::string_view token_text) {
  const TokenStart start(token_text);
  const auto token = read_gss_token(start);
  if (token.content != GssContent::KerberosRequest) return std::nullopt;
  const auto request = DerReader(token.message).next(kSequence);
  const auto field = request ? DerReader(*request).find(explicit_tag(3)) : std::nullopt;
  const auto ticket = field ? DerReader(*field).next(kTicket) : std::nullopt;
  const auto sequence = ticket ? DerReader(*ticket).next(kSequence) : std::nullopt;
  if (!sequence) return std::nullopt;
  DerReader fields(*sequence);
  const auto realm_field = fields.find(explicit_tag(1));
  const auto name_field = realm_field ? fields.next(explicit_tag(2)) : std::nullopt;
  if (!name_field) return std::nullopt;
  const auto realm = name_in(DerReader(*realm_field).next());
  auto service = principal_in(*name_field);
  if (!realm || !service) return std::nullopt;
  return KerberosTarget{std::move(*service), std::string(*realm)};
}

std::optional<std::uint32_t> kerberos_error(std::string_view token_text) noexcept {
  const TokenStart start(token_text);
  const auto token = read_gss_token(start);
  if (token.content != GssContent::KerberosError) return std::nullopt;
  const auto error = DerReader(token.message).next(kSequence);
  const auto field = error ? DerReader(*error).find(explicit_tag(6)) : std::nullopt;
  const auto number = field ? DerReader(*field).next(kInteger) : std::nullopt;
  if (!number || number->cut || number->content.empty() || number->content.size() > 4) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : number->content)
    code = code << 8 | static_cast<unsigned char>(c);
  return code;
}

bool same_host(std::string_view a, std::string_view b) noexcept {
  if (a.empty() || b.empty()) return false;
  if (equals_ignoring_case(a, b)) return true;
  if (a.size() < b.size()) std::swap(a, b);
  const bool is_label = a.size() > b.size() && b.find('.') == std::string_view::npos && !IpAddress::parse(a);
  return is_label && a[b.size()] == '.' && starts_with_ignoring_case(a, b);
}

}  // namespace winrmlb::winrm
