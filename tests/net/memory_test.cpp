#include "winrmlb/net/memory.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "winrmlb/net/block.h"

namespace winrmlb::net {
namespace {

TEST(Memory, BlocksCountWhileTheyAreHeldAndNotAfter) {
  const auto before = memory_held(MemoryKind::Blocks);
  {
    BlockPool pool;
    {
      const Block block = pool.take(BlockSize::Small);
      EXPECT_EQ(memory_held(MemoryKind::Blocks), before + block.capacity());
    }
    EXPECT_GT(memory_held(MemoryKind::Blocks), before) << "the pool has kept it";
  }
  EXPECT_EQ(memory_held(MemoryKind::Blocks), before);
}

TEST(Memory, WhatOneThreadTakesAnotherMayGiveBack) {
  const auto before = memory_held(MemoryKind::Tls);
  std::thread([] { note_memory(MemoryKind::Tls, 1000); }).join();
  EXPECT_EQ(memory_held(MemoryKind::Tls), before + 1000);
  std::thread([] { note_memory(MemoryKind::Tls, -1000); }).join();
  EXPECT_EQ(memory_held(MemoryKind::Tls), before);
}

TEST(Memory, NothingIsLostBetweenManyThreads) {
  constexpr int kThreads = 200;  // more than have a place of their own
  const auto before = memory_held(MemoryKind::Tls);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([] {
      for (int turn = 0; turn < 100; ++turn)
        note_memory(MemoryKind::Tls, 3);
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(memory_held(MemoryKind::Tls), before + 100ULL * 3 * kThreads);
  note_memory(MemoryKind::Tls, -100LL * 3 * kThreads);
}

}  // namespace
}  // namespace winrmlb::net
