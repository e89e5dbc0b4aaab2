#include "winrmlb/winrm/identify.h"

#include "winrmlb/winrm/xml_scope.h"
#include "winrmlb/winrm/xml_tokens.h"

namespace winrmlb::winrm {

namespace {

constexpr std::size_t kMostBytes = 16 * 1024;
constexpr std::uint8_t kMostDepth = 32;

// Goes through the start tags of a document, and knows the names they stand for.
class StartTags {
 public:
  explicit StartTags(std::string_view body) noexcept { tokens_.feed(body); }

  // What follows the next start tag of that name in the namespace of Identify; nothing if there is none.
  std::string_view after(std::string_view local_name) noexcept {
    while (depth_ < kMostDepth) {
      switch (tokens_.next()) {
        case XmlToken::Attribute:
          if (!scope_.declare(tokens_.attribute(), tokens_.value(), depth_ + 1)) return {};
          break;
        case XmlToken::Open:
          ++depth_;
          if (is(local_name)) return tokens_.rest();
          break;
        case XmlToken::OpenEmpty:
          scope_.leave(depth_ + 1);
          break;
        case XmlToken::Close:
          if (depth_ == 0) return {};
          scope_.leave(depth_--);
          break;
        case XmlToken::Text:
          break;
        case XmlToken::More:
        case XmlToken::Bad:
          return {};
      }
    }
    return {};
  }

 private:
  bool is(std::string_view local_name) const noexcept {
    const auto name = XmlName::of(tokens_.name());
    return name.local == local_name && scope_.of(name.prefix) == Namespace::Identity;
  }

  XmlTokens tokens_;
  XmlScope scope_;
  std::uint8_t depth_ = 0;
};

std::string_view text_of(std::string_view body, std::string_view element) noexcept {
  StartTags tags(body.substr(0, kMostBytes));
  if (tags.after("IdentifyResponse").empty()) return {};
  const auto text = tags.after(element);
  const auto end = text.find('<');
  return end == std::string_view::npos ? std::string_view{} : without_space(text.substr(0, end));
}

}  // namespace

std::string_view identify_vendor(std::string_view body) noexcept { return text_of(body, "ProductVendor"); }

std::string_view identify_version(std::string_view body) noexcept { return text_of(body, "ProductVersion"); }

bool is_identify_response(std::string_view body) noexcept { return !identify_vendor(body).empty(); }

}  // namespace winrmlb::winrm
