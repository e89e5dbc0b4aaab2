// Answers to Identify: nothing is read outside them, and the vendor is a piece of them without markup. The
// same of answers to the question for a server's configuration.
#include <cstdint>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/winrm/identify.h"
#include "winrmlb/winrm/remote_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<char> exact(data, data + size);
  const std::string_view body(exact.data(), exact.size());
  if (const auto config = winrmlb::winrm::read_remote_config(body)) {
    for (const auto& value : config->values)
      WINRMLB_CHECK(!value.value.empty() && value.value.find('<') == std::string::npos);
  }
  const auto vendor = winrmlb::winrm::identify_vendor(body);
  WINRMLB_CHECK(winrmlb::winrm::is_identify_response(body) == !vendor.empty());
  if (vendor.empty()) return 0;
  WINRMLB_CHECK(vendor.data() >= body.data() && vendor.data() + vendor.size() <= body.data() + body.size());
  WINRMLB_CHECK(vendor.find('<') == std::string_view::npos);
  return 0;
}
