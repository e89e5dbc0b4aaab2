// How many sessions the limit of descriptors holds. Control thread, at start.
#pragma once

#include <cstddef>
#include <cstdint>

namespace winrmlb::app {

/// Raises the soft limit to the hard one, and gives it.
std::uint64_t raise_descriptor_limit();

/// What is open besides sessions.
struct OtherDescriptors {
  std::size_t workers = 1;
  std::size_t listeners = 1;
  std::size_t servers = 0;
};
/// At least one.
std::uint32_t sessions_that_fit(std::uint64_t descriptors, const OtherDescriptors& others);

}  // namespace winrmlb::app
