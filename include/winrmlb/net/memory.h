// Memory by kind: how much the process holds for blocks, and how much OpenSSL has taken.
//
// Counted where memory is taken from the heap and given back, by any thread; each thread writes a place of
// its own, so that counting costs no more than an addition. Read by admin, on the control thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace winrmlb::net {

enum class MemoryKind : std::uint8_t { Blocks, Tls };

/// Bytes held now. Threads that are at work meanwhile may make it a little wrong, never for long.
std::uint64_t memory_held(MemoryKind kind) noexcept;

/// What is taken (or, negative, given back) on this thread.
void note_memory(MemoryKind kind, std::int64_t bytes) noexcept;

}  // namespace winrmlb::net
