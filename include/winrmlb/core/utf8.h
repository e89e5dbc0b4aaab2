// UTF-8 (RFC 3629) as it comes from outside. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace winrmlb {

/// Length of the valid sequence at the start of `text`, which is not empty: no overlong forms, no surrogates.
/// 0: there is none.
std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace winrmlb
