// FoldedKey: a key made of numbers, addresses and a user's name without regard to case, put together on the
// stack so that looking something up costs no allocation. Case as ASCII has it: two spellings of another
// letter count as two users.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "winrmlb/core/address.h"
#include "winrmlb/core/ids.h"
#include "winrmlb/core/text.h"

namespace winrmlb::balance {

/// At most `most` bytes of UTF-8, cut between two characters.
inline std::string_view cut(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U)
    --most;
  return text.substr(0, most);
}

class FoldedKey {
 public:
  static constexpr std::size_t kLongestName = 128;

  template <typename Tag>
  FoldedKey& add(Id<Tag, std::uint16_t> id) noexcept {
    const auto value = id.value();
    return add_bytes(&value, sizeof value);
  }
  FoldedKey& add(const ClientAddress& client) noexcept {
    return add_bytes(client.ip().bytes().data(), client.ip().bytes().size());
  }
  /// The last part.
  FoldedKey& add(std::string_view name) noexcept {
    name = cut(name, kLongestName);
    std::transform(name.begin(), name.end(), bytes_.begin() + size_, to_lower);
    size_ += static_cast<std::ptrdiff_t>(name.size());
    return *this;
  }
  std::string_view view() const noexcept { return {bytes_.data(), static_cast<std::size_t>(size_)}; }

 private:
  FoldedKey& add_bytes(const void* bytes, std::size_t size) noexcept {
    std::memcpy(bytes_.data() + size_, bytes, size);
    size_ += static_cast<std::ptrdiff_t>(size);
    return *this;
  }

  std::array<char, 4 + 16 + kLongestName> bytes_;
  std::ptrdiff_t size_ = 0;
};

}  // namespace winrmlb::balance
