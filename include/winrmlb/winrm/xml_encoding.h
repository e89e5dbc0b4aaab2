// XmlEncoding: what a document is written in, and its text as UTF-8.
//
// Pure; one document, one thread, no allocation. A byte order mark decides, else the first two bytes if the
// document begins with '<', else what the content type says (XML 1.0 appendix F). UTF-8 is passed as it is,
// and so is whatever else agrees with ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {

class XmlEncoding {
 public:
  explicit XmlEncoding(Charset charset = Charset::Utf8) noexcept : charset_(charset) {}

  /// Looks at the first bytes, takes none. Until it knows, at most one byte has been fed.
  void look(std::string_view bytes) noexcept;
  bool is_utf16() const noexcept { return order_ == Order::Little || order_ == Order::Big; }

  /// Takes bytes from the front and gives their text: a view of them or of `room` (64 bytes or more), until
  /// none are left. What is half a character is kept for the next time.
  std::string_view take(std::string_view& bytes, std::span<char> room) noexcept;

 private:
  enum class Order : std::uint8_t { Unknown, Bytes, Little, Big };

  std::string_view narrow(std::string_view& bytes, std::span<char> room) noexcept;
  std::size_t put(char* out, std::uint16_t unit) noexcept;

  Charset charset_;
  Order order_ = Order::Unknown;
  bool has_held_ = false;
  char held_ = 0;                     // the first byte of two
  std::uint16_t high_surrogate_ = 0;  // the first unit of two
};

}  // namespace winrmlb::winrm
