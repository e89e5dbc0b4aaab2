#include "winrmlb/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace winrmlb {

void check_failed(const char* file, int line, const char* text) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, text);
  std::abort();
}

}  // namespace winrmlb
