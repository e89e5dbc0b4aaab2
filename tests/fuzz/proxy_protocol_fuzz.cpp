// PROXY headers: never more is asked for than the header has, and however it is cut, it says the same.
#include <cstdint>
#include <string_view>

#include "winrmlb/core/check.h"
#include "winrmlb/net/proxy_protocol.h"

namespace {

using winrmlb::net::read_proxy_header;

// As a session reads it: -1 an error, 0 cut short, else the bytes of the header.
long bytes_of_header(std::string_view stream, std::size_t most) {
  std::size_t have = 0;
  for (;;) {
    const auto read = read_proxy_header(stream.substr(0, have));
    if (!read) return -1;
    if (read->needs == 0) return static_cast<long>(have);
    WINRMLB_CHECK(have + read->needs <= winrmlb::net::kProxyHeaderV2Bytes);
    const std::size_t next = have + (read->needs < most ? read->needs : most);
    if (next > stream.size()) return 0;
    have = next;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const long whole = bytes_of_header(stream, SIZE_MAX);
  const long drip = bytes_of_header(stream, 1);
  // Cut short within what was asked for at once, the drip may have seen the error already.
  if (whole > 0) WINRMLB_CHECK(drip == whole);
  if (whole < 0) WINRMLB_CHECK(drip < 0);
  return 0;
}
