// CHECK: for what only a bug of ours could cause. What the outside can cause is an Error (core/result.h).
#pragma once

namespace winrmlb {

/// Writes "file:line: check failed: text" to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* text) noexcept;

}  // namespace winrmlb

#define WINRMLB_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::winrmlb::check_failed(__FILE__, __LINE__, #condition))
