// Edit: a head as it goes out again, as a gather list of the untouched pieces and what is added.
//
// Pure; nothing of the head is copied. Removes what ends at a proxy (RFC 9110 7.6.1): fields that Connection
// names, Keep-Alive, Proxy-Connection, TE, Upgrade; keeps close and keep-alive, since each client connection
// has one server connection for life and both ends' wishes are mirrored.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "winrmlb/core/result.h"
#include "winrmlb/http/head.h"

namespace winrmlb::http {

class Edit {
 public:
  static constexpr std::size_t kMaxPieces = 2 * 16 + 2;

  /// Starts with the whole head. `head` must outlive the Edit's pieces.
  explicit Edit(std::string_view head) noexcept;

  /// Leaves a line of the head out; `line` is Field::line, in the order of the head or not.
  /// False if there are too many edits: the caller refuses the message (no honest one needs sixteen).
  [[nodiscard]] bool remove(std::string_view line) noexcept;
  /// Adds "name: value\r\n" before the empty line. Views must outlive the pieces.
  void add(std::string_view lines) noexcept;  // complete lines with CRLF; at most one call

  /// The pieces in order; empty ones left out.
  std::span<const std::string_view> pieces() noexcept;
  std::size_t bytes() const noexcept;

 private:
  std::string_view head_;
  std::array<std::string_view, 16> removed_{};
  std::size_t removed_count_ = 0;
  std::string_view added_;
  std::array<std::string_view, kMaxPieces> pieces_{};
  std::size_t piece_count_ = 0;
};

/// Removes the hop-by-hop lines from `edit`. Error BadRequest/BadResponse (by `side`) if Connection names a
/// field that must never be dropped (Host, Content-Length, Transfer-Encoding, Content-Type, Authorization
/// and the like).
Status remove_hop_by_hop(Edit& edit, const Fields& fields, Side side);

}  // namespace winrmlb::http
