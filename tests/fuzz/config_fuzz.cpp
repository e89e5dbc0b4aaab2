// Any text is either a configuration or has at least one mistake, each of which can be shown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "winrmlb/config/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace winrmlb::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded = load_text(text, "fuzz.yaml");
  if (loaded.settings.has_value() != loaded.mistakes.empty()) std::abort();
  for (const auto& mistake : loaded.mistakes) {
    if (render(mistake).empty()) std::abort();
  }
  if (loaded.settings) {
    const auto again = load_text(effective_yaml(*loaded.settings), "again.yaml");
    if (!again.settings || !(*again.settings == *loaded.settings)) std::abort();
  }
  return 0;
}
