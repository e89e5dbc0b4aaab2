#include "winrmlb/winrm/xml_tokens.h"

#include "utf8.h"
#include "xml_find.h"

namespace winrmlb::winrm {

namespace {

constexpr std::string_view kCdata = "[CDATA[";
constexpr std::string_view kComment = "--";

struct Entity {
  std::string_view name;
  char character;
};
constexpr Entity kEntities[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

constexpr std::uint32_t kNoDigit = 99;
constexpr std::uint32_t digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return kNoDigit;
}

// The character of "#N" or "#xN"; 0 if there is none (XML 1.0 2.2).
std::uint32_t character_of(std::string_view number) noexcept {
  number.remove_prefix(1);
  const std::uint32_t base = number.starts_with('x') ? 16 : 10;
  if (base == 16) number.remove_prefix(1);
  std::uint32_t character = 0;
  for (const char c : number) {
    const auto digit = digit_of(c);
    if (digit >= base) return 0;
    character = character * base + digit;
    if (character > 0x10FFFF) return 0;
  }
  const bool is_control = character < 0x20 && character != '\t' && character != '\n' && character != '\r';
  const bool is_surrogate = character >= 0xD800 && character < 0xE000;
  return is_control || is_surrogate || character == 0xFFFE || character == 0xFFFF ? 0 : character;
}

// What `&reference;` stands for, into `out`; 0 if nothing.
std::size_t put_reference(std::array<char, 4>& out, std::string_view reference) noexcept {
  if (reference.starts_with('#')) {
    const auto character = character_of(reference);
    return character == 0 ? 0 : put_utf8(out.data(), character);
  }
  for (const auto& entity : kEntities) {
    if (reference != entity.name) continue;
    out[0] = entity.character;
    return 1;
  }
  return 0;
}

std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

XmlToken XmlTokens::next() noexcept {
  // A step that gives no token says More; there is more to come only if bytes are left.
  while (at_ != end_) {
    if (const auto token = step(); token != XmlToken::More) return token;
  }
  name_.keep();
  attribute_.keep();
  value_.keep();
  reference_.keep();
  return state_ == State::Bad ? XmlToken::Bad : XmlToken::More;
}

XmlToken XmlTokens::step() noexcept {
  switch (state_) {
    case State::Text:
      return read_text();
    case State::Markup:
      return begin_markup();
    case State::Name:
      return read_name(State::Tag);
    case State::Tag:
      return read_tag();
    case State::AttributeName:
      return read_attribute_name();
    case State::Equals:
      return read_equals();
    case State::Quote:
      return read_quote();
    case State::Value:
      return read_value();
    case State::AfterValue:
      return read_after_value();
    case State::EmptyEnd:
      return read_end(XmlToken::OpenEmpty);
    case State::CloseName:
      return read_name(State::CloseEnd);
    case State::CloseEnd:
      return read_close_end();
    case State::Announced:
      return read_announced();
    case State::Section:
      return read_section();
    case State::Reference:
      return read_reference();
    case State::Bad:
      break;
  }
  return bad();
}

XmlToken XmlTokens::bad() noexcept {
  state_ = State::Bad;
  return XmlToken::Bad;
}

// False if the piece ends first.
bool XmlTokens::skip_space() noexcept {
  while (at_ != end_ && is_xml_space(*at_))
    ++at_;
  return at_ != end_;
}

XmlToken XmlTokens::read_text() noexcept {
  const char* stop = find_any(at_, end_, '<', '&', '<');
  text_ = between(at_, stop);
  text_is_made_ = false;
  at_ = stop;
  if (at_ != end_) {
    state_ = *at_++ == '<' ? State::Markup : State::Reference;
    referring_ = State::Text;
    reference_.clear();
  }
  if (!text_.empty()) return XmlToken::Text;
  return state_ == State::Markup && at_ != end_ ? begin_markup() : XmlToken::More;
}

XmlToken XmlTokens::begin_markup() noexcept {
  name_.clear();
  switch (*at_) {
    case '/':
      ++at_;
      state_ = State::CloseName;
      return read_name(State::CloseEnd);
    case '!':
      ++at_;
      state_ = State::Announced;
      announced_ = {};
      return XmlToken::More;
    case '?':
      ++at_;
      return begin_section('?', 1);
    default:
      state_ = State::Name;
      return read_name(State::Tag);
  }
}

XmlToken XmlTokens::read_name(State then) noexcept {
  const char* stop = find_name_end(at_, end_);
  name_.append(between(at_, stop));
  at_ = stop;
  if (at_ == end_) return XmlToken::More;
  if (name_.view().empty() || name_.is_cut()) return bad();
  state_ = then;
  return then == State::Tag ? read_tag() : read_close_end();
}

XmlToken XmlTokens::read_close_end() noexcept {
  return skip_space() ? read_end(XmlToken::Close) : XmlToken::More;
}

XmlToken XmlTokens::read_tag() noexcept {
  if (!skip_space()) return XmlToken::More;
  if (*at_ == '>') return read_end(XmlToken::Open);
  if (*at_ == '/') {
    ++at_;
    state_ = State::EmptyEnd;
    return XmlToken::More;
  }
  attribute_.clear();
  state_ = State::AttributeName;
  return read_attribute_name();
}

XmlToken XmlTokens::read_attribute_name() noexcept {
  const char* stop = find_name_end(at_, end_);
  attribute_.append(between(at_, stop));
  at_ = stop;
  if (at_ == end_) return XmlToken::More;
  if (attribute_.view().empty() || attribute_.is_cut()) return bad();
  state_ = State::Equals;
  return read_equals();
}

XmlToken XmlTokens::read_equals() noexcept {
  if (!skip_space()) return XmlToken::More;
  if (*at_++ != '=') return bad();
  state_ = State::Quote;
  return read_quote();
}

XmlToken XmlTokens::read_quote() noexcept {
  if (!skip_space()) return XmlToken::More;
  quote_ = *at_++;
  if (quote_ != '"' && quote_ != '\'') return bad();
  value_.clear();
  state_ = State::Value;
  return read_value();
}

XmlToken XmlTokens::read_value() noexcept {
  const char* stop = find_any(at_, end_, quote_, '&', '<');
  value_.append(between(at_, stop));
  at_ = stop;
  if (at_ == end_) return XmlToken::More;
  const char c = *at_++;
  if (c == '<') return bad();
  if (c == '&') {
    state_ = State::Reference;
    referring_ = State::Value;
    reference_.clear();
    return XmlToken::More;
  }
  state_ = State::AfterValue;
  return XmlToken::Attribute;
}

XmlToken XmlTokens::read_after_value() noexcept {
  if (!is_xml_space(*at_) && *at_ != '>' && *at_ != '/') return bad();
  state_ = State::Tag;
  return read_tag();
}

XmlToken XmlTokens::read_end(XmlToken token) noexcept {
  if (*at_++ != '>') return bad();
  state_ = State::Text;
  return token;
}

XmlToken XmlTokens::read_announced() noexcept {
  if (announced_.empty()) {
    mark_ = *at_ == '-' ? '-' : ']';
    announced_ = *at_ == '-' ? kComment : kCdata;
  }
  if (*at_++ != announced_.front()) return bad();
  announced_.remove_prefix(1);
  return announced_.empty() ? begin_section(mark_, 2) : XmlToken::More;
}

XmlToken XmlTokens::begin_section(char mark, std::uint8_t marks) noexcept {
  state_ = State::Section;
  mark_ = mark;
  marks_ = marks;
  marks_seen_ = 0;
  return XmlToken::More;
}

XmlToken XmlTokens::read_section() noexcept {
  const bool is_cdata = mark_ == ']';
  const char* begin = at_;
  // Marks that turn out to be text, not the end, are text after all: those of an earlier piece are made.
  static constexpr std::string_view kMarks = "]]";
  if (marks_seen_ == 0) {
    at_ = find_any(at_, end_, mark_, mark_, mark_);
    text_ = between(begin, at_);
    text_is_made_ = false;
    if (at_ != end_) {
      ++at_;
      marks_seen_ = 1;
    }
    return is_cdata && !text_.empty() ? XmlToken::Text : XmlToken::More;
  }
  text_is_made_ = true;
  if (*at_ == mark_) {
    ++at_;
    if (marks_seen_ < marks_) {
      ++marks_seen_;
      return XmlToken::More;
    }
    text_ = kMarks.substr(0, 1);
    return is_cdata ? XmlToken::Text : XmlToken::More;
  }
  if (*at_ == '>' && marks_seen_ == marks_) {
    ++at_;
    state_ = State::Text;
    return XmlToken::More;
  }
  text_ = kMarks.substr(0, marks_seen_);
  marks_seen_ = 0;
  return is_cdata ? XmlToken::Text : XmlToken::More;
}

XmlToken XmlTokens::read_reference() noexcept {
  const char* stop = find_any(at_, end_, ';', '<', '&');
  reference_.append(between(at_, stop));
  at_ = stop;
  if (reference_.is_cut()) return bad();
  if (at_ == end_) return XmlToken::More;
  if (*at_++ != ';') return bad();
  const auto size = put_reference(made_, reference_.view());
  if (size == 0) return bad();
  state_ = referring_;
  text_ = {made_.data(), size};
  text_is_made_ = true;
  if (referring_ == State::Text) return XmlToken::Text;
  value_.copy(text_);
  return XmlToken::More;
}

}  // namespace winrmlb::winrm
