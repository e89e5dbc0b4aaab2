// Sealed bodies of answers to checks: the parts lie within the body, one after the other, and what is written
// of them reads as the same.
#include <cstdint>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/winrm/sealed_body.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> exact(data, data + size);
  const std::string_view body(exact.data(), exact.size());
  const auto parts = winrmlb::winrm::read_sealed_body(body);
  if (!parts) return 0;
  WINRMLB_CHECK(parts->signature.data() >= body.data());
  WINRMLB_CHECK(parts->signature.data() + parts->signature.size() == parts->bytes.data());
  WINRMLB_CHECK(parts->bytes.data() + parts->bytes.size() <= body.data() + body.size());
  const auto written = winrmlb::winrm::write_sealed_body(winrmlb::winrm::kSpnegoSealed, size, *parts);
  const auto again = winrmlb::winrm::read_sealed_body(written);
  WINRMLB_CHECK(again && again->signature == parts->signature && again->bytes == parts->bytes);
  return 0;
}
