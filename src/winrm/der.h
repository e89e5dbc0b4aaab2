// DerReader: the elements of a DER encoding (X.690 8.1), one after the other, read in place.
//
// Pure. Made for the start of a token whose rest is not there: an element that is longer than what is left
// counts as cut if the bytes as a whole are cut, and as malformed otherwise. Tags of one byte, definite
// lengths; everything else ends the reading.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace winrmlb::winrm {

struct DerElement {
  std::uint8_t tag = 0;
  std::string_view content;
  bool cut = false;  // the content goes on beyond the bytes that are there
};

class DerReader {
 public:
  DerReader(std::string_view bytes, bool cut) noexcept : rest_(bytes), cut_(cut) {}
  explicit DerReader(const DerElement& around) noexcept : DerReader(around.content, around.cut) {}

  std::optional<DerElement> next() noexcept;
  /// The next element, if it has this tag.
  std::optional<DerElement> next(std::uint8_t tag) noexcept;
  /// The first element with this tag among those that follow.
  std::optional<DerElement> find(std::uint8_t tag) noexcept;
  std::string_view rest() const noexcept { return rest_; }
  bool cut() const noexcept { return cut_; }

 private:
  std::string_view rest_;
  bool cut_;
};

}  // namespace winrmlb::winrm
