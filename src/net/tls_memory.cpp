#include "winrmlb/net/tls_memory.h"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <malloc.h>

#include <openssl/crypto.h>

#include "winrmlb/net/memory.h"

namespace winrmlb::net {

namespace {

// A record is 16 KiB with its header, padding and tag; a message begins with as much.
constexpr std::size_t kLeast = 16 * 1024;
constexpr std::size_t kBuffer = 18 * 1024;
constexpr std::size_t kKept = 8;

bool is_buffer(std::size_t bytes) { return bytes >= kLeast && bytes <= kBuffer; }

void note(void* memory, int sign) {
  note_memory(MemoryKind::Tls, sign * static_cast<std::int64_t>(::malloc_usable_size(memory)));
}

// The buffers of one thread that nobody uses at the moment.
class Spare {
 public:
  ~Spare() {
    while (count_ > 0) {
      void* buffer = take();
      note(buffer, -1);
      std::free(buffer);
    }
    closed_ = true;
  }
  void* take() { return count_ > 0 ? buffers_[--count_] : nullptr; }
  bool keep(void* buffer) {
    if (closed_ || count_ == kKept) return false;
    buffers_[count_++] = buffer;
    return true;
  }

 private:
  std::array<void*, kKept> buffers_{};
  std::size_t count_ = 0;
  bool closed_ = false;  // OpenSSL frees a little more at the end of a thread
};

thread_local Spare spare;

void* noted(void* memory) {
  note(memory, 1);
  return memory;
}

void* allocate(std::size_t bytes, const char*, int) {
  if (bytes == 0) return nullptr;
  if (!is_buffer(bytes)) return noted(std::malloc(bytes));
  if (void* kept = spare.take()) return kept;
  return noted(std::malloc(kBuffer));
}

void release(void* memory, const char*, int) {
  // Of just that size: it may be one of ours, and if not it is as good.
  const std::size_t bytes = memory ? ::malloc_usable_size(memory) : 0;
  if (bytes >= kBuffer && bytes < kBuffer + 64 && spare.keep(memory)) return;
  note(memory, -1);
  std::free(memory);
}

void* reallocate(void* memory, std::size_t bytes, const char* file, int line) {
  if (!memory) return allocate(bytes, file, line);
  if (bytes == 0) {
    release(memory, file, line);
    return nullptr;
  }
  note(memory, -1);
  void* moved = std::realloc(memory, bytes);
  note(moved ? moved : memory, 1);
  return moved;
}

}  // namespace

void keep_tls_buffers() noexcept { (void)CRYPTO_set_mem_functions(allocate, reallocate, release); }

}  // namespace winrmlb::net
