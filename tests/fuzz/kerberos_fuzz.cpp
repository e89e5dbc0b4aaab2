// Tokens of logins: whatever frames they are in, nothing is read outside them, and a name that comes out of
// one can stand in a log.
//
// The first byte chooses: the rest is a token's text, or its bytes yet to be put into base64.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/base64.h"
#include "winrmlb/core/check.h"
#include "winrmlb/winrm/auth.h"
#include "winrmlb/winrm/gss.h"
#include "winrmlb/winrm/kerberos.h"

namespace winrmlb::winrm {
namespace {

void check_name(std::string_view name, std::size_t most) {
  WINRMLB_CHECK(!name.empty() && name.size() <= most);
  for (const char c : name)
    WINRMLB_CHECK(static_cast<unsigned char>(c) > ' ' && c != 0x7f);
}

void check_token(std::string_view token_text) {
  const auto content = gss_content(token_text);
  const auto target = kerberos_target(token_text);
  const auto error = kerberos_error(token_text);
  if (target) {
    WINRMLB_CHECK(content == GssContent::KerberosRequest);
    check_name(target->service, 4 * 256);
    check_name(target->realm, 255);
    WINRMLB_CHECK(target->service.find(target->host()) != std::string::npos);
    WINRMLB_CHECK(same_host(target->host(), target->host()) != target->host().empty());
  }
  if (error) WINRMLB_CHECK(content == GssContent::KerberosError);
  (void)ntlm_bindings(token_text);
}

}  // namespace
}  // namespace winrmlb::winrm

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);  // a byte read beyond it is one beyond the heap block
  const std::string_view input(exact.data(), exact.size());
  if (data[0] % 2 == 0) {
    winrmlb::winrm::check_token(input);
  } else {
    const std::string text = winrmlb::encode_base64(input);
    const std::vector<char> exact_text(text.begin(), text.end());
    winrmlb::winrm::check_token({exact_text.data(), exact_text.size()});
  }
  return 0;
}
