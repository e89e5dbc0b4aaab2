// ProcessUsage: what the kernel says of this process, as its own process would be seen from outside.
//
// Read from /proc/self at a scrape, on the control thread; what cannot be read is zero. proc(5).
#pragma once

#include <cstdint>

namespace winrmlb::admin {

struct ProcessUsage {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;
  std::uint32_t threads = 0;
};

ProcessUsage process_usage();

}  // namespace winrmlb::admin
