// Logins: whatever a field says, nothing is read outside it, and no password gets out.
//
// The first byte chooses: the rest is a field's value, or the bytes of an NTLM message yet to be put into
// base64.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/winrm/auth.h"

namespace winrmlb::winrm {
namespace {

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6)
      out += kDigits[bits >> (held - 6) & 63];
  }
  if (held != 0) out += kDigits[bits << (6 - held) & 63];
  while (out.size() % 4 != 0)
    out += '=';
  return out;
}

void check_field(std::string_view value) {
  for (const auto& read : {read_authorization(value), read_challenge(value)}) {
    if (!read.token_text.empty()) {
      WINRMLB_CHECK(read.token_text.data() >= value.data());
      WINRMLB_CHECK(read.token_text.data() + read.token_text.size() <= value.data() + value.size());
    }
    WINRMLB_CHECK((read.token == Token::None) == read.token_text.empty());
    WINRMLB_CHECK(describe(read).size() < 64);
    if (const auto user = basic_user(read.token_text)) {
      WINRMLB_CHECK(!user->empty() && user->find(':') == std::string::npos);
    }
    (void)ntlm_user(read.token_text);
  }
  WINRMLB_CHECK(!(is_sealed(value) && is_soap(value)));
  (void)charset_of(value);
}

void check_message(std::string_view bytes) {
  const auto user = ntlm_user(base64(bytes));
  // Two names of at most 1024 bytes, each UTF-16 unit at most three of UTF-8, each OEM byte the same.
  if (user) WINRMLB_CHECK(!user->empty() && user->size() <= 2 * 3 * 1024 + 1);
}

}  // namespace
}  // namespace winrmlb::winrm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);  // a byte read beyond it is one beyond the heap block
  const std::string_view input(exact.data(), exact.size());
  if (data[0] % 2 == 0) {
    winrmlb::winrm::check_field(input);
  } else {
    winrmlb::winrm::check_message(input);
  }
  return 0;
}
