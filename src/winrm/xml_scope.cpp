#include "winrmlb/winrm/xml_scope.h"

namespace winrmlb::winrm {

namespace {

struct Uri {
  Namespace space;
  std::string_view text;
};
constexpr Uri kUris[] = {
    {Namespace::Soap, "http://www.w3.org/2003/05/soap-envelope"},
    {Namespace::Addressing, "http://schemas.xmlsoap.org/ws/2004/08/addressing"},
    {Namespace::Transfer, "http://schemas.xmlsoap.org/ws/2004/09/transfer"},
    {Namespace::Enumeration, "http://schemas.xmlsoap.org/ws/2004/09/enumeration"},
    {Namespace::Wsman, "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"},
    {Namespace::Identity, "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"},
    {Namespace::Wsmv, "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"},
    {Namespace::Shell, "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"},
    {Namespace::Fault, "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"},
    {Namespace::WmiError, "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"},
};

}  // namespace

Namespace namespace_of(std::string_view uri) noexcept {
  for (const auto& known : kUris) {
    if (uri == known.text) return known.space;
  }
  return Namespace::Other;
}

std::uint64_t hash_of_long(std::string_view name) noexcept {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15U;
  std::uint64_t hash = name.size() * kMix;
  const char* last = name.data() + name.size() - 8;
  for (const char* at = name.data(); at < last; at += 8) {
    hash = (hash ^ load_word<std::uint64_t>(at)) * kMix;
    hash ^= hash >> 29;
  }
  return (hash ^ load_word<std::uint64_t>(last)) * kMix;
}

bool XmlScope::declare(std::string_view attribute, std::string_view uri, std::uint8_t depth) noexcept {
  constexpr std::string_view kXmlns = "xmlns";
  if (!attribute.starts_with(kXmlns)) return true;
  attribute.remove_prefix(kXmlns.size());
  if (!attribute.empty() && attribute.front() != ':') return true;
  if (count_ == kMostDeclarations) return false;
  if (!attribute.empty()) attribute.remove_prefix(1);
  prefixes_[count_] = key_of(attribute);
  spaces_[count_] = namespace_of(uri);
  depths_[count_] = depth;
  ++count_;
  return true;
}

Namespace XmlScope::of(std::string_view prefix) const noexcept {
  const auto key = key_of(prefix);
  for (std::size_t i = count_; i > 0; --i) {
    if (prefixes_[i - 1] == key) return spaces_[i - 1];
  }
  return Namespace::Other;
}

}  // namespace winrmlb::winrm
