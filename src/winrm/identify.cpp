#include "winrmlb/winrm/identify.h"

namespace winrmlb::winrm {

namespace {

constexpr std::size_t kMostBytes = 16 * 1024;
constexpr std::string_view kNamespace = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd";

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view without_space(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_space(text.back()))
    text.remove_suffix(1);
  return text;
}

// Steps over `text`, which begins with `<`, to what follows a comment, CDATA section, instruction or tag;
// nothing if that has no end.
std::string_view after_markup(std::string_view text) noexcept {
  const auto past = [text](std::string_view end) {
    const auto at = text.find(end);
    return at == std::string_view::npos ? std::string_view{} : text.substr(at + end.size());
  };
  if (text.starts_with("<!--")) return past("-->");
  if (text.starts_with("<![CDATA[")) return past("]]>");
  if (text.starts_with("<?")) return past("?>");
  return past(">");
}

// The local name of the start tag that `text` begins with; empty if it is some other markup.
std::string_view start_tag_name(std::string_view text) noexcept {
  text.remove_prefix(1);
  const auto name = text.substr(0, text.find_first_of(" \t\r\n/>"));
  if (name.empty() || name.front() == '!' || name.front() == '?') return {};
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

// What follows the start tag of that local name; nothing if there is none.
std::string_view after_start_tag(std::string_view text, std::string_view local_name) noexcept {
  for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<')) {
    text.remove_prefix(at);
    const auto rest = after_markup(text);
    if (start_tag_name(text) == local_name) return rest;
    text = rest;
  }
  return {};
}

}  // namespace

std::string_view identify_vendor(std::string_view body) noexcept {
  body = body.substr(0, kMostBytes);
  if (body.find(kNamespace) == std::string_view::npos) return {};
  const auto response = after_start_tag(body, "IdentifyResponse");
  const auto vendor = after_start_tag(response, "ProductVendor");
  const auto end = vendor.find('<');
  return end == std::string_view::npos ? std::string_view{} : without_space(vendor.substr(0, end));
}

bool is_identify_response(std::string_view body) noexcept { return !identify_vendor(body).empty(); }

}  // namespace winrmlb::winrm
