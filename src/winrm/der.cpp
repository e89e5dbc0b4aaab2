#include "der.h"

#include <algorithm>

namespace winrmlb::winrm {

std::optional<DerElement> DerReader::next() noexcept {
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(rest_[at]); };
  if (rest_.size() < 2 || (byte(0) & 0x1f) == 0x1f) return std::nullopt;
  std::size_t header = 2;
  std::uint64_t length = byte(1);
  if (length >= 0x80) {
    const std::size_t digits = length & 0x7f;
    if (digits == 0 || digits > 4 || rest_.size() < 2 + digits) return std::nullopt;
    length = 0;
    for (; header < 2 + digits; ++header)
      length = length << 8 | byte(header);
  }
  const auto there = rest_.size() - header;
  if (length > there && !cut_) return std::nullopt;
  const DerElement element{byte(0), rest_.substr(header, std::min<std::uint64_t>(length, there)),
                           length > there};
  rest_.remove_prefix(header + element.content.size());
  return element;
}

std::optional<DerElement> DerReader::next(std::uint8_t tag) noexcept {
  auto element = next();
  return element && element->tag == tag ? element : std::nullopt;
}

std::optional<DerElement> DerReader::find(std::uint8_t tag) noexcept {
  auto element = next();
  while (element && element->tag != tag)
    element = next();
  return element;
}

}  // namespace winrmlb::winrm
