#include "winrmlb/net/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "winrmlb/core/check.h"

namespace winrmlb::net {

HmacSha256 hmac_sha256(std::string_view key, std::string_view message) {
  HmacSha256 sum;
  unsigned length = 0;
  const auto* made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                          reinterpret_cast<unsigned char*>(sum.data()), &length);
  WINRMLB_CHECK(made != nullptr && length == sum.size());
  return sum;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace winrmlb::net
