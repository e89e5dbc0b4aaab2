// GssToken: a token with its framing taken off (winrm/gss.h has the picture). Pure.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "der.h"
#include "winrmlb/winrm/gss.h"

namespace winrmlb::winrm {

/// The decoded first bytes of a token. Names and kinds of messages stand there; what follows is keys and
/// tickets.
class TokenStart {
 public:
  explicit TokenStart(std::string_view token_text) noexcept;
  std::string_view bytes() const noexcept { return {bytes_.data(), size_}; }
  bool cut() const noexcept { return cut_; }

 private:
  static constexpr std::size_t kDigits = 2728;
  std::array<char, kDigits / 4 * 3> bytes_;
  std::size_t size_ = 0;  // 0 too if it is not base64
  bool cut_ = false;
};

struct GssToken {
  GssContent content = GssContent::Other;
  DerElement message;  // KerberosRequest, KerberosError: what stands within [APPLICATION 14] or [30]
};

GssToken read_gss_token(const TokenStart& start) noexcept;

}  // namespace winrmlb::winrm
