#include "winrmlb/http/body.h"

#include <algorithm>

#include "characters.h"
#include "field_lines.h"
#include "winrmlb/core/check.h"

namespace winrmlb::http {

namespace {

constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

BodyReader::BodyReader(Framing framing, std::uint64_t content_length, Side side,
                       const Limits& limits) noexcept
    : framing_(framing), side_(side), limit_(limits.body_bytes) {
  switch (framing) {
    case Framing::None:
      state_ = State::Done;
      return;
    case Framing::Length:
      left_ = content_length;
      state_ = left_ == 0 ? State::Done : State::Length;
      if (!within_limit(left_)) refuse_size();
      return;
    case Framing::Chunked:
      state_ = State::Size;
      return;
    case Framing::UntilClose:
      state_ = State::UntilClose;
      return;
  }
}

Result<BodyReader::Taken> BodyReader::take(std::string_view input, Stop stop) noexcept {
  switch (state_) {
    case State::Done:
      return Taken{};
    case State::Broken:
      return error();
    case State::Length:
      return take_length(input);
    case State::UntilClose:
      return take_until_close(input);
    case State::Size:
    case State::ExtensionStart:
    case State::ExtensionName:
    case State::ValueStart:
    case State::Value:
    case State::Quoted:
    case State::QuotedPair:
    case State::QuotedEnd:
    case State::SizeLf:
    case State::Data:
    case State::DataCr:
    case State::DataLf:
    case State::TrailerStart:
    case State::TrailerName:
    case State::TrailerValue:
    case State::TrailerLf:
    case State::EndLf:
      return take_chunked(input, stop);
  }
  return Taken{};
}

Result<BodyReader::Taken> BodyReader::take_length(std::string_view input) noexcept {
  const auto content = input.substr(0, left_);
  skip(content.size());
  return Taken{content.size(), content};
}

Result<BodyReader::Taken> BodyReader::take_until_close(std::string_view input) noexcept {
  if (!within_limit(input.size())) {
    refuse_size();
    return error();
  }
  content_bytes_ += input.size();
  return Taken{input.size(), input};
}

// Chunk data is jumped over; only the framing between is looked at byte by byte.
Result<BodyReader::Taken> BodyReader::take_chunked(std::string_view input, Stop stop) noexcept {
  Taken taken;
  while (taken.bytes < input.size() && state_ != State::Done) {
    if (state_ != State::Data) {
      step(input[taken.bytes]);
      if (state_ == State::Broken) return error();
      ++taken.bytes;
      continue;
    }
    const auto content = input.substr(taken.bytes, left_);
    if (taken.content.empty()) taken.content = content;
    taken.bytes += content.size();
    content_bytes_ += content.size();
    left_ -= content.size();
    if (left_ == 0) state_ = State::DataCr;
    if (stop == Stop::AtContent) break;
  }
  return taken;
}

void BodyReader::step(char c) noexcept {
  switch (state_) {
    case State::Size:
      return step_size(c);
    case State::ExtensionStart:
    case State::ExtensionName:
    case State::ValueStart:
    case State::Value:
    case State::Quoted:
    case State::QuotedPair:
    case State::QuotedEnd:
      return step_extension(c);
    case State::SizeLf:
      if (c != '\n') return refuse("a chunk-size line does not end in CRLF");
      return end_size_line();
    case State::DataCr:
      if (c != '\r') return refuse("a chunk is longer than its size says");
      state_ = State::DataLf;
      return;
    case State::DataLf:
      if (c != '\n') return refuse("the data of a chunk do not end in CRLF");
      state_ = State::Size;
      return;
    case State::TrailerStart:
    case State::TrailerName:
    case State::TrailerValue:
    case State::TrailerLf:
      return step_trailer(c);
    case State::EndLf:
      if (c != '\n') return refuse("the trailer section does not end in CRLF");
      state_ = State::Done;
      return;
    case State::Length:
    case State::UntilClose:
    case State::Data:
    case State::Done:
    case State::Broken:
      WINRMLB_CHECK(false);  // no framing bytes in these
  }
}

void BodyReader::step_size(char c) noexcept {
  if (const int digit = hex_digit(c); digit >= 0) {
    if (digits_ == kChunkSizeDigits) return refuse("a chunk size has too many digits");
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    ++digits_;
    ++line_bytes_;
    return;
  }
  if (digits_ == 0) return refuse("a chunk does not begin with its size");
  // A signed reader would see a negative size.
  if (left_ > INT64_MAX) return refuse("a chunk size is too large");
  if (c != ';' && c != '\r') return refuse("a chunk size is not a plain hexadecimal number");
  step_extension(c);
}

// chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ), without the white space that RFC 9112 7.1.1
// tolerates and nobody sends.
void BodyReader::step_extension(char c) noexcept {
  if (c != '\r' && ++line_bytes_ > kChunkLineBytes) return refuse("a chunk-size line is too long");
  if (state_ == State::Quoted || state_ == State::QuotedPair) {
    if (!is(kValue, c)) return refuse("a chunk extension has a control character");
    if (state_ == State::QuotedPair) {
      state_ = State::Quoted;
    } else if (c == '\\') {
      state_ = State::QuotedPair;
    } else if (c == '"') {
      state_ = State::QuotedEnd;
    }
    return;
  }
  const bool inside_token = state_ == State::ExtensionName || state_ == State::Value;
  const bool after_whole = inside_token || state_ == State::Size || state_ == State::QuotedEnd;
  if (after_whole && c == '\r') {
    state_ = State::SizeLf;
  } else if (after_whole && c == ';') {
    state_ = State::ExtensionStart;
  } else if (state_ == State::ExtensionStart && is(kToken, c)) {
    state_ = State::ExtensionName;
  } else if (state_ == State::ExtensionName && c == '=') {
    state_ = State::ValueStart;
  } else if (state_ == State::ValueStart && is(kToken, c)) {
    state_ = State::Value;
  } else if (state_ == State::ValueStart && c == '"') {
    state_ = State::Quoted;
  } else if (!inside_token || !is(kToken, c)) {
    refuse("a chunk extension is malformed");
  }
}

void BodyReader::end_size_line() noexcept {
  digits_ = 0;
  line_bytes_ = 0;
  if (left_ == 0) {
    state_ = State::TrailerStart;
  } else if (within_limit(left_)) {
    state_ = State::Data;
  } else {
    refuse_size();
  }
}

void BodyReader::step_trailer(char c) noexcept {
  if (state_ == State::TrailerStart && c == '\r') {
    state_ = State::EndLf;
    return;
  }
  if (++line_bytes_ > kTrailerBytes) return refuse("the trailer section is too long");
  if (state_ == State::TrailerLf) {
    if (c != '\n') return refuse("a trailer field does not end in CRLF");
    state_ = State::TrailerStart;
  } else if (state_ == State::TrailerValue) {
    if (c == '\r') {
      state_ = State::TrailerLf;
    } else if (!is(kValue, c)) {
      refuse("a trailer field has a control character");
    }
  } else if (c == ':' && state_ == State::TrailerName) {
    end_trailer_name();
  } else if (is(kToken, c)) {
    if (state_ == State::TrailerStart) name_bytes_ = 0;
    state_ = State::TrailerName;
    if (name_bytes_ < kNameBytes) name_[name_bytes_] = c;
    if (name_bytes_ <= kNameBytes) ++name_bytes_;
  } else {
    refuse("a trailer field has a malformed name");
  }
}

// Some recipients merge trailers into the head, so what frames, routes or logs in may not come late (RFC
// 9110 6.5.1).
void BodyReader::end_trailer_name() noexcept {
  if (name_bytes_ <= kNameBytes && known_field({name_.data(), name_bytes_}) != FieldName::Other) {
    return refuse("a trailer field is one that may stand in the head only");
  }
  state_ = State::TrailerValue;
}

Status BodyReader::finish() noexcept {
  if (state_ == State::UntilClose) state_ = State::Done;
  if (state_ == State::Done) return Done{};
  if (state_ == State::Broken) return error();
  const auto code = side_ == Side::Client ? ErrorCode::BadRequest : ErrorCode::ResetByServer;
  return Error{code, side_, "the connection ended inside the body"};
}

std::optional<std::uint64_t> BodyReader::declared_left() const noexcept {
  if (framing_ != Framing::Length) return std::nullopt;
  return left_;
}

void BodyReader::skip(std::uint64_t bytes) noexcept {
  WINRMLB_CHECK(framing_ == Framing::Length && state_ != State::Broken && bytes <= left_);
  left_ -= bytes;
  content_bytes_ += bytes;
  if (left_ == 0) state_ = State::Done;
}

bool BodyReader::within_limit(std::uint64_t more) const noexcept {
  return limit_ == 0 || (content_bytes_ <= limit_ && more <= limit_ - content_bytes_);
}

void BodyReader::refuse(const char* what) noexcept {
  state_ = State::Broken;
  broken_ = what;
}

void BodyReader::refuse_size() noexcept {
  refuse("the body is too large");
  too_large_ = true;
}

Error BodyReader::error() const {
  const auto malformed = side_ == Side::Client ? ErrorCode::BadRequest : ErrorCode::BadResponse;
  return {too_large_ ? ErrorCode::BodyTooLarge : malformed, side_, broken_};
}

}  // namespace winrmlb::http
