// Cookie fields: whatever a client sends, nothing that has our cookie's name goes on, nothing that has not is
// touched, and no cookie is believed that we did not sign. And key files.
//
// The first byte chooses: the rest is a field's value, or the text of a key file.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "winrmlb/core/check.h"
#include "winrmlb/core/text.h"
#include "winrmlb/proxy/cookie.h"

namespace winrmlb::proxy {
namespace {

const CookieKeys& keys() {
  static const CookieKeys made = [] {
    auto parsed = CookieKeys::parse("a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=");
    WINRMLB_CHECK(parsed);
    return std::move(*parsed);
  }();
  return made;
}

// An element of the field is named like our cookie.
bool has_ours(std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find_first_of(";,");
    const auto element = trimmed(text.substr(0, end));
    if (equals_ignoring_case(trimmed(element.substr(0, element.find('='))), kCookieName)) return true;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return false;
}

void check_field(std::string_view value) {
  const auto found = read_cookie_field(value, &keys());
  WINRMLB_CHECK(found.any_of_ours() == has_ours(value));
  WINRMLB_CHECK(found.span_count <= found.spans.size());
  if (found.cookie) {
    WINRMLB_CHECK(found.any_of_ours());
    WINRMLB_CHECK(value.find(keys().sign(*found.cookie)) != std::string_view::npos);
  }
  if (found.ours_alone) return;
  std::string left;
  std::size_t at = 0;
  for (std::size_t i = 0; i < found.span_count; ++i) {
    const auto begin = static_cast<std::size_t>(found.spans[i].data() - value.data());
    WINRMLB_CHECK(begin >= at && begin + found.spans[i].size() <= value.size() && !found.spans[i].empty());
    left += value.substr(at, begin - at);
    at = begin + found.spans[i].size();
  }
  left += value.substr(at);
  WINRMLB_CHECK(!has_ours(left));
  WINRMLB_CHECK(!trimmed(left).empty() || found.span_count == 0);
  const auto again = read_cookie_field(left, &keys());
  WINRMLB_CHECK(!again.any_of_ours() && !again.cookie);
}

void check_keys(std::string_view text) {
  const auto parsed = CookieKeys::parse(text);
  if (!parsed) {
    WINRMLB_CHECK(parsed.error().detail.size() < 100);
    return;
  }
  WINRMLB_CHECK(parsed->size() >= 1 && parsed->size() <= kCookieKeys);
  const SessionCookie cookie{text.size(), SessionId(text.size())};
  WINRMLB_CHECK(parsed->verify(parsed->sign(cookie)) == cookie);
}

}  // namespace
}  // namespace winrmlb::proxy

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<char> exact(data + 1, data + size);  // a byte read beyond it is one beyond the heap block
  const std::string_view input(exact.data(), exact.size());
  if (data[0] % 2 == 0) {
    winrmlb::proxy::check_field(input);
  } else {
    winrmlb::proxy::check_keys(input);
  }
  return 0;
}
