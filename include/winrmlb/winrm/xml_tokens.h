// XmlTokens: the markup of an XML document, token by token, in whatever pieces it comes.
//
// Pure; one document, one thread. It keeps where in the markup it is and the beginning of a name or value
// that a piece cut in two, nothing else: no tree, no allocation. What lies whole in a piece is shown where it
// stands. Comments and processing instructions are passed over, CDATA is text, the five entities of XML and
// characters by number are put in; a DOCTYPE is refused, and with it every other entity. It knows nothing of
// namespaces, nor whether the tags match. XML 1.0, fifth edition, 2.1 to 3.3 and 4.1.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace winrmlb::winrm {

constexpr bool is_xml_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

constexpr std::string_view without_leading_space(std::string_view text) noexcept {
  while (!text.empty() && is_xml_space(text.front()))
    text.remove_prefix(1);
  return text;
}

constexpr std::string_view without_space(std::string_view text) noexcept {
  text = without_leading_space(text);
  while (!text.empty() && is_xml_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// A name or value of at most `Most` bytes (the rest is cut) that comes in parts. As long as it is of one
/// part it is a view of that; keep() copies it before the part goes away.
template <std::size_t Most>
class XmlRun {
 public:
  void clear() noexcept {
    borrowed_ = nullptr;
    size_ = 0;
    is_cut_ = false;
  }
  /// A part that stays where it is until keep().
  void append(std::string_view part) noexcept {
    if (size_ != 0) return copy(part);
    borrowed_ = part.data();
    size_ = static_cast<std::uint16_t>(std::min(part.size(), Most));
    is_cut_ |= part.size() > Most;
  }
  /// A part that does not stay.
  void copy(std::string_view part) noexcept {
    keep();
    const auto fitting = std::min(part.size(), Most - size_);
    if (fitting != 0) std::memcpy(store_.data() + size_, part.data(), fitting);
    size_ = static_cast<std::uint16_t>(size_ + fitting);
    is_cut_ |= fitting < part.size();
  }
  void keep() noexcept {
    if (borrowed_ == nullptr) return;
    if (size_ != 0) std::memcpy(store_.data(), borrowed_, size_);
    borrowed_ = nullptr;
  }
  std::string_view view() const noexcept { return {borrowed_ != nullptr ? borrowed_ : store_.data(), size_}; }
  bool is_cut() const noexcept { return is_cut_; }

 private:
  const char* borrowed_ = nullptr;
  std::uint16_t size_ = 0;
  bool is_cut_ = false;
  std::array<char, Most> store_;
};

enum class XmlToken : std::uint8_t {
  More,       // the piece is used up
  Attribute,  // attribute() and value(); it comes before the Open of its element
  Open,       // <name()>
  OpenEmpty,  // <name()/>; no Close follows
  Close,      // </name()>
  Text,       // text(): all, or a part of what stands between two tags
  Bad,        // not well-formed, a DOCTYPE or an unknown entity; it stays so
};

class XmlTokens {
 public:
  static constexpr std::size_t kMostName = 96;    // of elements and attributes; longer ones are Bad
  static constexpr std::size_t kMostValue = 128;  // of attributes; the rest is cut

  /// The next bytes of the document; they must hold until next() has answered More.
  void feed(std::string_view piece) noexcept {
    at_ = piece.data();
    end_ = at_ + piece.size();
  }
  /// What was said of the last token holds until the one after it; a name(), until its Open.
  XmlToken next() noexcept;

  std::string_view name() const noexcept { return name_.view(); }
  std::string_view attribute() const noexcept { return attribute_.view(); }
  std::string_view value() const noexcept { return value_.view(); }
  bool value_is_cut() const noexcept { return value_.is_cut(); }
  std::string_view text() const noexcept { return text_; }
  /// The text is not a part of the piece, but a character that stood there as a reference.
  bool text_is_made() const noexcept { return text_is_made_; }
  /// What of the piece has not been looked at.
  std::string_view rest() const noexcept { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  // Text ─'<'─▶ Markup ─▶ Name ─▶ Tag ⇄ AttributeName ─▶ Equals ─▶ Quote ─▶ Value ─▶ AfterValue ─▶ Tag
  //   ▲           │                └─'>'─▶ Text       └─'/'─▶ EmptyEnd ─'>'─▶ Text
  //   │           ├─'/'─▶ CloseName ─▶ CloseEnd ─'>'─▶ Text
  //   │           ├─'?'─▶ Section ─"?>"─▶ Text
  //   │           └─'!'─▶ Announced ─"--" or "[CDATA["─▶ Section ─"-->" or "]]>"─▶ Text
  //   └── Text and Value ─'&'─▶ Reference ─';'─▶ back
  enum class State : std::uint8_t {
    Text,
    Markup,
    Name,
    Tag,
    AttributeName,
    Equals,
    Quote,
    Value,
    AfterValue,
    EmptyEnd,
    CloseName,
    CloseEnd,
    Announced,
    Section,
    Reference,
    Bad,
  };

  XmlToken step() noexcept;
  XmlToken read_text() noexcept;
  XmlToken begin_markup() noexcept;
  XmlToken read_name(State then) noexcept;
  XmlToken read_close_end() noexcept;
  XmlToken read_tag() noexcept;
  XmlToken read_attribute_name() noexcept;
  XmlToken read_equals() noexcept;
  XmlToken read_quote() noexcept;
  XmlToken read_value() noexcept;
  XmlToken read_after_value() noexcept;
  XmlToken read_end(XmlToken token) noexcept;
  XmlToken read_announced() noexcept;
  XmlToken read_section() noexcept;
  XmlToken read_reference() noexcept;
  XmlToken begin_section(char mark, std::uint8_t marks) noexcept;
  XmlToken bad() noexcept;
  bool skip_space() noexcept;

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::string_view text_;
  std::string_view announced_;  // what of "--" or "[CDATA[" is yet to come
  State state_ = State::Text;
  State referring_ = State::Text;  // where the reference stands: Text or Value
  char quote_ = 0;
  char mark_ = 0;                // the section ends with `marks_` of these and '>'
  std::uint8_t marks_ = 0;       // 2 for comments and CDATA, 1 for instructions
  std::uint8_t marks_seen_ = 0;  // at the end of what has been read of the section
  bool text_is_made_ = false;
  std::array<char, 4> made_;
  XmlRun<12> reference_;
  XmlRun<kMostName> name_;
  XmlRun<kMostName> attribute_;
  XmlRun<kMostValue> value_;
};

}  // namespace winrmlb::winrm
