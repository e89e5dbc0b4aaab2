#include "winrmlb/net/block.h"

#include <vector>

#include <gtest/gtest.h>

namespace winrmlb::net {
namespace {

TEST(BlockPool, CountsWhatIsLentAndReusesWhatComesBack) {
  BlockPool pool;
  char* first = nullptr;
  {
    const Block block = pool.take(BlockSize::Small);
    first = block.data();
    EXPECT_EQ(block.capacity(), 16U * 1024);
    EXPECT_EQ(pool.lent(), 1U);
    EXPECT_EQ(pool.lent_bytes(), 16U * 1024);
  }
  EXPECT_EQ(pool.lent(), 0U);
  EXPECT_EQ(pool.take(BlockSize::Small).data(), first);
}

TEST(BlockPool, MovingABlockLendsItOnce) {
  BlockPool pool;
  Block block = pool.take(BlockSize::Large);
  Block other = std::move(block);
  EXPECT_FALSE(block);
  EXPECT_EQ(pool.lent(), 1U);
  other.release();
  EXPECT_EQ(pool.lent(), 0U);
}

TEST(BlockPool, GivesBackToTheHeapWhatIsMoreThanItKeeps) {
  BlockPool pool;
  std::vector<Block> many;
  for (int i = 0; i < 200; ++i)
    many.push_back(pool.take(BlockSize::Medium));
  many.clear();
  EXPECT_EQ(pool.lent(), 0U);
}

}  // namespace
}  // namespace winrmlb::net
