#include "winrmlb/net/task.h"

#include <array>
#include <new>

namespace winrmlb::net {

namespace {

constexpr std::size_t kClassBytes = 32;
constexpr std::size_t kClasses = 48;       // up to 1536 bytes
constexpr std::size_t kKeptPerClass = 64;  // frames that a thread keeps for itself

struct FreeFrame {
  FreeFrame* next;
};

// Frames of one thread, by size class. Given back to the heap when the thread ends.
class FrameCache {
 public:
  ~FrameCache() {
    for (auto& list : lists_) {
      while (list.head)
        ::operator delete(std::exchange(list.head, list.head->next));
    }
  }

  void* take(std::size_t size_class) {
    auto& list = lists_[size_class];
    if (!list.head) return ::operator new((size_class + 1) * kClassBytes);
    --list.count;
    return std::exchange(list.head, list.head->next);
  }

  void give(void* frame, std::size_t size_class) noexcept {
    auto& list = lists_[size_class];
    if (list.count == kKeptPerClass) return ::operator delete(frame);
    ++list.count;
    list.head = new (frame) FreeFrame{list.head};
  }

 private:
  struct List {
    FreeFrame* head = nullptr;
    std::size_t count = 0;
  };
  std::array<List, kClasses> lists_{};
};

thread_local FrameCache cache;

constexpr std::size_t class_of(std::size_t bytes) { return (bytes - 1) / kClassBytes; }

}  // namespace

void* allocate_frame(std::size_t bytes) {
  const auto size_class = class_of(bytes);
  return size_class < kClasses ? cache.take(size_class) : ::operator new(bytes);
}

void release_frame(void* frame, std::size_t bytes) noexcept {
  const auto size_class = class_of(bytes);
  if (size_class < kClasses) return cache.give(frame, size_class);
  ::operator delete(frame);
}

}  // namespace winrmlb::net
