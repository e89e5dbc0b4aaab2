// Blocks: the buffers that bytes are read into, lent by the worker's pool only while there are bytes in them.
//
// One pool per worker, used on its thread only. A session that waits holds none. Three sizes: most exchanges
// fit the small one; a body that proves long is worth fewer, larger reads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace winrmlb::net {

enum class BlockSize : std::uint8_t { Small, Medium, Large };

constexpr std::size_t bytes_of(BlockSize size) noexcept {
  switch (size) {
    case BlockSize::Small:
      return 16 * 1024;
    case BlockSize::Medium:
      return 64 * 1024;
    case BlockSize::Large:
      return 256 * 1024;
  }
  return 0;
}

class BlockPool;

/// A place for a buffer of a pool, which goes back there when the place is destroyed.
class Block {
 public:
  explicit Block(BlockPool& pool) noexcept : pool_(&pool) {}
  Block(Block&& other) noexcept;
  Block& operator=(Block&& other) noexcept;
  ~Block() { release(); }

  explicit operator bool() const noexcept { return data_ != nullptr; }
  char* data() const noexcept { return data_; }
  std::size_t capacity() const noexcept { return data_ ? bytes_of(size_) : 0; }
  BlockSize size() const noexcept { return size_; }
  BlockPool& pool() const noexcept { return *pool_; }
  void release() noexcept;

 private:
  friend class BlockPool;
  Block(BlockPool* pool, char* data, BlockSize size) noexcept : pool_(pool), data_(data), size_(size) {}
  BlockPool* pool_;
  char* data_ = nullptr;
  BlockSize size_ = BlockSize::Small;
};

class BlockPool {
 public:
  BlockPool() = default;
  ~BlockPool();
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;

  Block take(BlockSize size);
  std::size_t lent() const noexcept { return lent_; }
  std::size_t lent_bytes() const noexcept { return lent_bytes_; }

 private:
  friend class Block;
  void give_back(char* data, BlockSize size) noexcept;

  std::array<std::vector<char*>, 3> free_;
  std::size_t lent_ = 0;
  std::size_t lent_bytes_ = 0;
};

}  // namespace winrmlb::net
