// ClientHellos: what is whole stays whole with more behind it, and names never hold what a log must not.
#include <cstdint>
#include <string>
#include <string_view>

#include "winrmlb/core/check.h"
#include "winrmlb/net/client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto hello = winrmlb::net::read_client_hello(bytes);
  if (!hello) return 0;
  for (const char c : hello->server_name)
    WINRMLB_CHECK(c > ' ' && c < 127);
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 64) {
    const auto part = winrmlb::net::read_client_hello(std::string_view(bytes).substr(0, cut));
    WINRMLB_CHECK(part);  // what begins well is no error before its end
  }
  if (!hello->whole) return 0;
  const auto more = winrmlb::net::read_client_hello(bytes + "more");
  WINRMLB_CHECK(more && more->whole && more->server_name == hello->server_name);
  return 0;
}
