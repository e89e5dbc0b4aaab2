// Input: the bytes that have come on one Stream and are not yet used up, in a block that exists only while
// there are any.
//
// Owned by the session beside its Stream. Keeps some room in front, so that an edited head can be put back in
// place of the one that came and still be sent with the body in one piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "winrmlb/net/block.h"
#include "winrmlb/net/stream.h"

namespace winrmlb::net {

class Input {
 public:
  explicit Input(BlockPool& pool) noexcept : block_(pool) {}

  std::string_view bytes() const noexcept { return {block_.data() + begin_, end_ - begin_}; }
  bool empty() const noexcept { return begin_ == end_; }
  /// No room for another byte: whoever needs more must use some up first.
  bool full() const noexcept { return block_ && end_ == block_.capacity(); }

  /// Reads once, behind what is there. Takes a block of `size` if there is none, and gives it back if nothing
  /// came.
  IoResult fill(Stream& stream, BlockSize size = BlockSize::Small);

  /// Room for `bytes` in one piece, for a head longer than the block it began in. False: larger than any
  /// block.
  bool reserve(std::size_t bytes);

  /// The first `bytes` are used up. The block goes back when all are.
  void consume(std::size_t bytes) noexcept;

  /// Puts `replacement` in place of the first `bytes`. False: no room in front (then nothing is changed).
  bool replace_front(std::size_t bytes, std::string_view replacement) noexcept;

 private:
  static constexpr std::uint32_t kRoomInFront = 256;

  Block block_;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace winrmlb::net
