#include "winrmlb/net/block.h"

#include <new>
#include <utility>

#include "winrmlb/net/memory.h"

namespace winrmlb::net {

namespace {
// Blocks that a worker keeps when nobody uses them. A session that does not wait for a slow end has its block
// for the length of one wake-up, so a few are enough, and an idle balancer is small.
constexpr std::array<std::size_t, 3> kKept = {16, 8, 2};

char* new_block(std::size_t bytes) {
  auto* data = static_cast<char*>(::operator new(bytes));
  note_memory(MemoryKind::Blocks, static_cast<std::int64_t>(bytes));
  return data;
}

void free_block(char* data, std::size_t bytes) noexcept {
  ::operator delete(data);
  note_memory(MemoryKind::Blocks, -static_cast<std::int64_t>(bytes));
}

}  // namespace

Block::Block(Block&& other) noexcept
    : pool_(other.pool_), data_(std::exchange(other.data_, nullptr)), size_(other.size_) {}

Block& Block::operator=(Block&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = other.pool_;
  data_ = std::exchange(other.data_, nullptr);
  size_ = other.size_;
  return *this;
}

void Block::release() noexcept {
  if (data_) pool_->give_back(std::exchange(data_, nullptr), size_);
}

BlockPool::~BlockPool() {
  for (std::size_t size = 0; size < free_.size(); ++size) {
    for (char* data : free_[size])
      free_block(data, bytes_of(static_cast<BlockSize>(size)));
  }
}

Block BlockPool::take(BlockSize size) {
  auto& blocks = free_[static_cast<std::size_t>(size)];
  char* data = nullptr;
  if (blocks.empty()) {
    data = new_block(bytes_of(size));
    blocks.reserve(kKept[static_cast<std::size_t>(size)]);  // so that giving back cannot fail
  } else {
    data = blocks.back();
    blocks.pop_back();
  }
  ++lent_;
  lent_bytes_ += bytes_of(size);
  return Block(this, data, size);
}

void BlockPool::give_back(char* data, BlockSize size) noexcept {
  --lent_;
  lent_bytes_ -= bytes_of(size);
  auto& blocks = free_[static_cast<std::size_t>(size)];
  if (blocks.size() < kKept[static_cast<std::size_t>(size)]) {
    blocks.push_back(data);
  } else {
    free_block(data, bytes_of(size));
  }
}

}  // namespace winrmlb::net
