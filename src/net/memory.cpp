#include "winrmlb/net/memory.h"

#include <algorithm>
#include <array>
#include <atomic>

namespace winrmlb::net {

namespace {

constexpr std::size_t kKinds = static_cast<std::size_t>(MemoryKind::Tls) + 1;
constexpr std::size_t kPlaces = 128;

// What one thread took less what it gave back; of one place that may be negative. In a cache line of its own.
// The last one is for all threads that found none.
struct alignas(64) Place {
  std::array<std::atomic<std::int64_t>, kKinds> bytes{};
};

std::array<Place, kPlaces> places;
std::atomic<std::size_t> threads{0};

std::size_t place_of_thread() noexcept {
  thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

}  // namespace

void note_memory(MemoryKind kind, std::int64_t bytes) noexcept {
  const std::size_t mine = place_of_thread();
  const bool is_own = mine < kPlaces - 1;
  auto& count = places[is_own ? mine : kPlaces - 1].bytes[static_cast<std::size_t>(kind)];
  if (is_own) {  // nobody else writes here, so that the addition need not be one for the whole machine
    count.store(count.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  } else {
    count.fetch_add(bytes, std::memory_order_relaxed);
  }
}

std::uint64_t memory_held(MemoryKind kind) noexcept {
  std::int64_t sum = 0;
  for (const auto& place : places)
    sum += place.bytes[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(sum, 0));
}

}  // namespace winrmlb::net
