// A glance at XML that a health check gets: finds start tags by their local name, without a tree. Enough for
// answers to questions of our own; what clients and servers say to each other is read by EnvelopeScanner.
// Pure.
#pragma once

#include <string_view>

namespace winrmlb::winrm {

constexpr bool is_xml_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::string_view without_xml_space(std::string_view text) noexcept {
  while (!text.empty() && is_xml_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_xml_space(text.back()))
    text.remove_suffix(1);
  return text;
}

// Steps over `text`, which begins with `<`, to what follows a comment, CDATA section, instruction or tag;
// nothing if that has no end.
constexpr std::string_view after_markup(std::string_view text) noexcept {
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
constexpr std::string_view start_tag_name(std::string_view text) noexcept {
  text.remove_prefix(1);
  const auto name = text.substr(0, text.find_first_of(" \t\r\n/>"));
  if (name.empty() || name.front() == '!' || name.front() == '?') return {};
  const auto colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// A start tag found, and what follows it. `tag` is empty if there was none.
struct FoundTag {
  std::string_view tag;   // "<rsp:Stream Name="stdout">"
  std::string_view rest;  // behind it
};

constexpr FoundTag find_start_tag(std::string_view text, std::string_view local_name) noexcept {
  for (auto at = text.find('<'); at != std::string_view::npos; at = text.find('<')) {
    text.remove_prefix(at);
    const auto rest = after_markup(text);
    if (start_tag_name(text) == local_name) return {text.substr(0, text.size() - rest.size()), rest};
    text = rest;
  }
  return {};
}

// What follows the start tag of that local name; nothing if there is none.
constexpr std::string_view after_start_tag(std::string_view text, std::string_view local_name) noexcept {
  return find_start_tag(text, local_name).rest;
}

// The text from here to the next tag; nothing if there is none.
constexpr std::string_view text_before_tag(std::string_view text) noexcept {
  const auto end = text.find('<');
  return end == std::string_view::npos ? std::string_view{} : without_xml_space(text.substr(0, end));
}

// The value of an attribute without a prefix; nothing if the tag has none of that name.
constexpr std::string_view attribute_of(std::string_view tag, std::string_view name) noexcept {
  for (auto at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    const auto after = tag.substr(at + name.size());
    if (at == 0 || !is_xml_space(tag[at - 1]) || after.size() < 2 || after[0] != '=') continue;
    const char quote = after[1];
    if (quote != '"' && quote != '\'') return {};
    const auto value = after.substr(2);
    return value.substr(0, value.find(quote));
  }
  return {};
}

}  // namespace winrmlb::winrm
