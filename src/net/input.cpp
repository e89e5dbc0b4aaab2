#include "winrmlb/net/input.h"

#include <cstring>

#include "winrmlb/core/check.h"

namespace winrmlb::net {

IoResult Input::fill(Stream& stream, BlockSize size) {
  if (!block_) {
    if (stream.awaits_input()) return {IoResult::State::WouldBlock};
    block_ = block_.pool().take(size);
    begin_ = end_ = kRoomInFront;
  }
  WINRMLB_CHECK(end_ < block_.capacity());
  const auto result = stream.read({block_.data() + end_, block_.capacity() - end_});
  if (result.state == IoResult::State::Ok) {
    end_ += static_cast<std::uint32_t>(result.bytes);
  } else if (empty()) {
    block_.release();
    begin_ = end_ = 0;
  }
  return result;
}

bool Input::reserve(std::size_t bytes) {
  if (block_ && block_.capacity() - kRoomInFront >= bytes) {
    if (block_.capacity() - begin_ >= bytes) return true;
    std::memmove(block_.data() + kRoomInFront, block_.data() + begin_, end_ - begin_);
    end_ = kRoomInFront + (end_ - begin_);
    begin_ = kRoomInFront;
    return true;
  }
  for (const auto size : {BlockSize::Medium, BlockSize::Large}) {
    if (bytes_of(size) - kRoomInFront < bytes) continue;
    Block larger = block_.pool().take(size);
    std::memcpy(larger.data() + kRoomInFront, block_.data() + begin_, end_ - begin_);
    end_ = kRoomInFront + (end_ - begin_);
    begin_ = kRoomInFront;
    block_ = std::move(larger);
    return true;
  }
  return false;
}

void Input::consume(std::size_t bytes) noexcept {
  WINRMLB_CHECK(bytes <= end_ - begin_);
  begin_ += static_cast<std::uint32_t>(bytes);
  if (begin_ != end_) return;
  block_.release();
  begin_ = end_ = 0;
}

bool Input::replace_front(std::size_t bytes, std::string_view replacement) noexcept {
  WINRMLB_CHECK(bytes <= end_ - begin_);
  if (begin_ + bytes < replacement.size()) return false;
  begin_ = static_cast<std::uint32_t>(begin_ + bytes - replacement.size());
  std::memcpy(block_.data() + begin_, replacement.data(), replacement.size());
  return true;
}

}  // namespace winrmlb::net
