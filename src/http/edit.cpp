#include "winrmlb/http/edit.h"

#include <algorithm>

#include "winrmlb/core/check.h"
#include "winrmlb/core/text.h"

namespace winrmlb::http {

namespace {

constexpr std::string_view kCrlf = "\r\n";

const char* end_of(std::string_view text) noexcept { return text.data() + text.size(); }
std::string_view between(const char* begin, const char* end) noexcept {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

Edit::Edit(std::string_view head) noexcept : head_(head) { WINRMLB_CHECK(head.ends_with("\r\n\r\n")); }

// The removed stretches are kept in order, apart from each other: one that meets another becomes one with it.
bool Edit::remove(std::string_view line) noexcept {
  if (line.empty()) return true;
  const char* begin = line.data();
  const char* end = end_of(line);
  WINRMLB_CHECK(begin >= head_.data() && end <= end_of(head_) - kCrlf.size());

  std::size_t first = 0;
  while (first < removed_count_ && end_of(removed_[first]) < begin)
    ++first;
  std::size_t last = first;
  for (; last < removed_count_ && removed_[last].data() <= end; ++last) {
    begin = std::min(begin, removed_[last].data());
    end = std::max(end, end_of(removed_[last]));
  }
  if (first == last && removed_count_ == removed_.size()) return false;

  const auto at = [this](std::size_t index) { return removed_.begin() + static_cast<std::ptrdiff_t>(index); };
  if (first == last) {
    std::move_backward(at(first), at(removed_count_), at(removed_count_ + 1));
  } else if (last > first + 1) {
    std::move(at(last), at(removed_count_), at(first + 1));
  }
  removed_[first] = between(begin, end);
  removed_count_ = removed_count_ + 1 - (last - first);
  return true;
}

void Edit::add(std::string_view lines) noexcept {
  WINRMLB_CHECK(added_.empty() && (lines.empty() || lines.ends_with(kCrlf)));
  added_ = lines;
}

std::span<const std::string_view> Edit::pieces() noexcept {
  piece_count_ = 0;
  const auto append = [this](std::string_view piece) {
    if (!piece.empty()) pieces_[piece_count_++] = piece;
  };
  const char* at = head_.data();
  for (std::size_t i = 0; i < removed_count_; ++i) {
    append(between(at, removed_[i].data()));
    at = end_of(removed_[i]);
  }
  if (added_.empty()) {
    append(between(at, end_of(head_)));
  } else {
    append(between(at, end_of(head_) - kCrlf.size()));
    append(added_);
    append(kCrlf);
  }
  return {pieces_.data(), piece_count_};
}

std::size_t Edit::bytes() const noexcept {
  auto bytes = head_.size() + added_.size();
  for (std::size_t i = 0; i < removed_count_; ++i)
    bytes -= removed_[i].size();
  return bytes;
}

namespace {

// What a Connection option may never take out of a message: everything that frames it, routes it, says who
// sent it or how to read it. A client could otherwise make the two ends see different messages (RFC
// 9110 7.6.1).
bool may_be_named(FieldName name) noexcept {
  switch (name) {
    case FieldName::Other:
    case FieldName::Connection:
    case FieldName::KeepAlive:
    case FieldName::ProxyConnection:
    case FieldName::Te:
    case FieldName::Trailer:
    case FieldName::Upgrade:
      return true;
    case FieldName::Host:
    case FieldName::ContentLength:
    case FieldName::TransferEncoding:
    case FieldName::ContentType:
    case FieldName::Expect:
    case FieldName::Authorization:
    case FieldName::WwwAuthenticate:
    case FieldName::UserAgent:
    case FieldName::Cookie:
    case FieldName::SetCookie:
    case FieldName::XForwardedFor:
    case FieldName::Forwarded:
    case FieldName::ContentEncoding:
    case FieldName::WsmanIdentify:
      return false;
  }
  return false;
}

bool ends_here(FieldName name) noexcept {
  return name == FieldName::KeepAlive || name == FieldName::ProxyConnection || name == FieldName::Te ||
         name == FieldName::Upgrade;
}

bool is_kept_option(std::string_view option) noexcept {
  return option == "keep-alive" || equals_ignoring_case(option, "close") ||
         equals_ignoring_case(option, "keep-alive");
}

enum class Outcome : std::uint8_t { Fine, Forbidden, TooMany };

// Takes out the fields of this name. Connection itself stays: its options are taken out of it one by one.
Outcome remove_named(Edit& edit, const Fields& fields, std::string_view option) noexcept {
  for (const auto& field : fields.all()) {
    if (!equals_ignoring_case(field.name, option)) continue;
    if (!may_be_named(field.known)) return Outcome::Forbidden;
    if (field.known != FieldName::Connection && !edit.remove(field.line)) return Outcome::TooMany;
  }
  return Outcome::Fine;
}

// Leaves "close" and "keep-alive" in a Connection line and takes the other options out, each with its comma;
// a line with neither goes altogether.
Outcome reduce_connection(Edit& edit, const Fields& fields, const Field& connection) noexcept {
  if (is_kept_option(connection.value)) return Outcome::Fine;  // as nearly always
  const char* kept_end = nullptr;
  const char* dropped_end = nullptr;  // of the last option since the last kept one
  auto rest = connection.value;
  while (const auto option = next_item(rest)) {
    if (!is_kept_option(*option)) {
      if (const auto outcome = remove_named(edit, fields, *option); outcome != Outcome::Fine) return outcome;
      dropped_end = end_of(*option);
      continue;
    }
    if (dropped_end != nullptr) {
      const bool leading = kept_end == nullptr;
      const auto dropped =
          leading ? between(connection.value.data(), option->data()) : between(kept_end, dropped_end);
      if (!edit.remove(dropped)) return Outcome::TooMany;
    }
    kept_end = end_of(*option);
    dropped_end = nullptr;
  }
  if (kept_end == nullptr) return edit.remove(connection.line) ? Outcome::Fine : Outcome::TooMany;
  if (dropped_end == nullptr) return Outcome::Fine;
  return edit.remove(between(kept_end, end_of(connection.value))) ? Outcome::Fine : Outcome::TooMany;
}

Outcome remove_ending(Edit& edit, const Fields& fields, const Field& field) noexcept {
  if (field.known == FieldName::Connection) return reduce_connection(edit, fields, field);
  if (ends_here(field.known) && !edit.remove(field.line)) return Outcome::TooMany;
  return Outcome::Fine;
}

}  // namespace

Status remove_hop_by_hop(Edit& edit, const Fields& fields, Side side) {
  const auto code = side == Side::Client ? ErrorCode::BadRequest : ErrorCode::BadResponse;
  for (const auto& field : fields.all()) {
    switch (remove_ending(edit, fields, field)) {
      case Outcome::Fine:
        break;
      case Outcome::Forbidden:
        return Error{code, side, "Connection names a field that must not be taken out"};
      case Outcome::TooMany:
        return Error{code, side, "too many fields end at this connection"};
    }
  }
  return Done{};
}

}  // namespace winrmlb::http
