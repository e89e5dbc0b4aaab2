#include "winrmlb/winrm/envelope.h"

#include <memory>

#include "envelope_values.h"

namespace winrmlb::winrm {

namespace {

constexpr std::size_t kChunk = 1024;  // of UTF-8 made from UTF-16

std::uint32_t check_of(std::string_view name) noexcept {
  const auto key = key_of(name);
  return static_cast<std::uint32_t>(key ^ key >> 32) + static_cast<std::uint32_t>(name.size());
}

}  // namespace

EnvelopeScanner::EnvelopeScanner(Side side, Charset charset) noexcept : side_(side), encoding_(charset) {}

void EnvelopeScanner::restart(Side side, Charset charset) noexcept { std::construct_at(this, side, charset); }

EnvelopeScanner::State EnvelopeScanner::feed(std::string_view bytes) noexcept {
  if (state_ != State::More) return state_;
  encoding_.look(bytes);
  const auto most = encoding_.is_utf16() ? kMostUtf16Bytes : kMostBytes;
  bytes = bytes.substr(0, most - read_);
  read_ += bytes.size();
  std::array<char, kChunk> room;
  while (!bytes.empty() && state_ == State::More)
    scan(encoding_.take(bytes, room));
  if (state_ == State::More && read_ == most) state_ = State::GaveUp;
  return state_;
}

bool EnvelopeScanner::awaits_id() const noexcept {
  if (!is_collecting_ || !value_.view().empty()) return false;
  const auto element = parent();
  return element == Element::MessageId || element == Element::SessionId || element == Element::OperationId ||
         element == Element::Selector || element == Element::EnumerationContext;
}

void EnvelopeScanner::scan(std::string_view text) noexcept {
  tokens_.feed(text);
  while (state_ == State::More) {
    switch (tokens_.next()) {
      case XmlToken::More:
        value_.keep();
        return;
      case XmlToken::Attribute:
        read_attribute();
        break;
      case XmlToken::Open:
        open_element(false);
        break;
      case XmlToken::OpenEmpty:
        open_element(true);
        break;
      case XmlToken::Close:
        close_element();
        break;
      case XmlToken::Text:
        read_text();
        break;
      case XmlToken::Bad:
        state_ = State::GaveUp;
        break;
    }
  }
}

void EnvelopeScanner::read_attribute() noexcept {
  const auto name = tokens_.attribute();
  const auto value = tokens_.value_is_cut() ? std::string_view{} : tokens_.value();
  const auto depth = static_cast<std::uint8_t>(depth_ + 1);
  if (!scope_.declare(name, value, depth)) state_ = State::GaveUp;
  // Attributes without a prefix belong to their element, which is not known before the tag's end.
  if (name == "Name") {
    attributes_.name_is_shell_id = without_space(value) == "ShellId";
  } else if (name == "Code") {
    attributes_.code = number_of(value);
  } else if (name == "ShellId") {
    const auto id = without_space(value);
    if (!id.empty()) attributes_.shell = Uuid::of(id);
  }
}

void EnvelopeScanner::read_text() noexcept {
  const auto text = tokens_.text();
  if (depth_ == 0) {
    // Before the root, white space and the byte order mark, in UTF-8, may stand.
    if (text.find_first_not_of(" \t\r\n\xEF\xBB\xBF") != std::string_view::npos) state_ = State::GaveUp;
    return;
  }
  if (!is_collecting_) return;
  const auto part = value_.view().empty() ? without_leading_space(text) : text;
  if (tokens_.text_is_made()) {
    value_.copy(part);
  } else {
    value_.append(part);
  }
}

void EnvelopeScanner::open_element(bool is_empty) noexcept {
  const auto name = tokens_.name();
  const auto within = parent();
  const auto element = recognise(within, name);
  if (depth_ == kMostDepth || (depth_ == 0 && element != Element::Envelope)) {
    state_ = State::GaveUp;
    return;
  }
  elements_[depth_] = element;
  names_[depth_] = check_of(name);
  ++depth_;
  begin(element, within);
  attributes_ = {};
  if (is_empty && state_ == State::More) leave_element();
}

void EnvelopeScanner::close_element() noexcept {
  if (depth_ == 0 || names_[depth_ - 1] != check_of(tokens_.name())) {
    state_ = State::GaveUp;
    return;
  }
  leave_element();
}

void EnvelopeScanner::leave_element() noexcept {
  const auto element = parent();
  if (is_collecting_ && !value_.view().empty()) learn(element, without_space(value_.view()));
  is_collecting_ = false;
  scope_.leave(depth_);
  --depth_;
  end(element);
}

}  // namespace winrmlb::winrm
