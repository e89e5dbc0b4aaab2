// XmlScope: which namespace a prefix means where one is in a document (Namespaces in XML 1.0, 6).
//
// Pure; one document, one thread, no allocation. It knows the namespaces of WS-Management by their URIs; all
// others are Other, and so is a prefix that nobody declared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace winrmlb::winrm {

enum class Namespace : std::uint8_t {
  Other,
  Soap,         // http://www.w3.org/2003/05/soap-envelope
  Addressing,   // http://schemas.xmlsoap.org/ws/2004/08/addressing
  Transfer,     // http://schemas.xmlsoap.org/ws/2004/09/transfer
  Enumeration,  // http://schemas.xmlsoap.org/ws/2004/09/enumeration
  Wsman,        // http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd
  Identity,     // http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd
  Wsmv,         // http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd
  Shell,        // http://schemas.microsoft.com/wbem/wsman/1/windows/shell
  Fault,        // http://schemas.microsoft.com/wbem/wsman/1/wsmanfault
  WmiError,     // http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError
};
Namespace namespace_of(std::string_view uri) noexcept;

template <typename Word>
std::uint64_t load_word(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

std::uint64_t hash_of_long(std::string_view name) noexcept;  // of more than eight bytes

/// Eight bytes that stand for a name: the name itself if it is no longer, else a hash of it.
inline std::uint64_t key_of(std::string_view name) noexcept {
  const auto size = name.size();
  const char* data = name.data();
  if (size > 8) return hash_of_long(name);
  // Two loads that may overlap put the same bytes in the same places.
  if (size >= 4) {
    return load_word<std::uint32_t>(data) | load_word<std::uint32_t>(data + size - 4) << 8 * (size - 4);
  }
  if (size == 0) return 0;
  const auto byte = [&](std::size_t at) { return load_word<std::uint8_t>(data + at) << 8 * at; };
  return byte(0) | byte(size / 2) | byte(size - 1);
}

/// A name as it stands in a tag: "s:Header" is prefix "s" and local name "Header".
struct XmlName {
  std::string_view prefix;
  std::string_view local;

  static XmlName of(std::string_view text) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return {{}, text};
    return {text.substr(0, colon), text.substr(colon + 1)};
  }
};

class XmlScope {
 public:
  static constexpr std::size_t kMostDeclarations = 32;  // in force at once

  /// If the attribute is xmlns="…" or xmlns:prefix="…", it holds within the element of that depth (the root's
  /// is 1). False if there are too many.
  bool declare(std::string_view attribute, std::string_view uri, std::uint8_t depth) noexcept;
  /// What the prefix (empty: none) means now.
  Namespace of(std::string_view prefix) const noexcept;
  /// The element of that depth has ended.
  void leave(std::uint8_t depth) noexcept {
    while (count_ != 0 && depths_[count_ - 1] >= depth)
      --count_;
  }

 private:
  std::uint8_t count_ = 0;
  std::array<std::uint8_t, kMostDeclarations> depths_;
  std::array<Namespace, kMostDeclarations> spaces_;
  std::array<std::uint64_t, kMostDeclarations> prefixes_;
};

}  // namespace winrmlb::winrm
