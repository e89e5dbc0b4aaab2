#include "winrmlb/net/tls_memory.h"

#include <cstring>

#include <gtest/gtest.h>
#include <openssl/crypto.h>

namespace winrmlb::net {
namespace {

// Before the first test asks anything of OpenSSL.
const bool kept = (keep_tls_buffers(), true);

TEST(TlsMemory, ABufferComesBackToTheThreadThatGaveIt) {
  ASSERT_TRUE(kept);
  constexpr std::size_t kRecord = 16 * 1024 + 325;
  void* first = OPENSSL_malloc(kRecord);
  std::memset(first, 1, kRecord);
  OPENSSL_free(first);
  void* between = OPENSSL_malloc(1000);
  void* second = OPENSSL_malloc(kRecord + 100);
  EXPECT_EQ(second, first) << "what is of another size has not taken its room";
  OPENSSL_free(between);
  OPENSSL_free(second);
}

TEST(TlsMemory, ABufferMayGrow) {
  auto* bytes = static_cast<char*>(OPENSSL_malloc(16 * 1024));
  std::memset(bytes, 'x', 16 * 1024);
  bytes = static_cast<char*>(OPENSSL_realloc(bytes, 64 * 1024));
  EXPECT_EQ(bytes[16 * 1024 - 1], 'x');
  bytes[64 * 1024 - 1] = 'y';
  OPENSSL_free(bytes);
}

TEST(TlsMemory, ManyBuffersAtOnceAreAllDifferent) {
  void* buffers[40];
  for (auto& buffer : buffers)
    std::memset(buffer = OPENSSL_malloc(17'000), 1, 17'000);
  for (auto& buffer : buffers)
    OPENSSL_free(buffer);
  void* again = OPENSSL_malloc(17'000);
  void* another = OPENSSL_malloc(17'000);
  EXPECT_NE(again, another);
  OPENSSL_free(again);
  OPENSSL_free(another);
}

}  // namespace
}  // namespace winrmlb::net
