// In a file of its own, so that the compiler does not pair a new of the library's with the free in here.
#include <cstdlib>
#include <new>

#include "telemetry/telemetry_support.h"

namespace {
thread_local std::uint64_t allocations = 0;
}  // namespace

void* operator new(std::size_t bytes) {
  ++allocations;
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace winrmlb::telemetry {

std::uint64_t allocations_of_this_thread() noexcept { return allocations; }

}  // namespace winrmlb::telemetry
