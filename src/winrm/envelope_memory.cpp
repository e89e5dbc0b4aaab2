#include "winrmlb/winrm/envelope_memory.h"

#include <algorithm>

namespace winrmlb::winrm {

namespace {
std::size_t length_in_common(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// Feeds it tag by tag, as far as to where it awaits an id. How far that was.
std::size_t feed_to_id(EnvelopeScanner& scanner, std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && scanner.state() == EnvelopeScanner::State::More && !scanner.awaits_id()) {
    const auto end = std::min(text.find('>', at), text.size() - 1) + 1;
    scanner.feed(text.substr(at, end - at));
    at = end;
  }
  return at;
}

}  // namespace

void EnvelopeMemory::begin(EnvelopeScanner& scanner, Charset charset, std::string_view bytes) {
  const auto& [text, after] = beginning_;
  if (!text.empty() && charset == charset_ && bytes.starts_with(text)) {
    misses_ = 0;
    bytes.remove_prefix(text.size());
    if (skip_middle(scanner, bytes)) return;
    scanner = after;
    scanner.feed(bytes);
    return;
  }
  scanner.restart(EnvelopeScanner::Side::Request, charset);
  scanner.feed(bytes);
  if (++misses_ > kPatience) learn(charset, bytes);
}

// `bytes` follow the beginning. An id that is a UUID can hold no markup, and where it is as long as the one
// that was learned from, the scanner has come as far as then.
bool EnvelopeMemory::skip_middle(EnvelopeScanner& scanner, std::string_view bytes) const noexcept {
  if (middle_.text.empty() || bytes.size() < id_bytes_) return false;
  const auto rest = bytes.substr(id_bytes_);
  if (!rest.starts_with(middle_.text)) return false;
  const auto id = Uuid::parse(bytes.substr(0, id_bytes_));
  if (!id) return false;
  scanner = middle_.after;
  scanner.set_message(*id);
  scanner.feed(rest.substr(middle_.text.size()));
  return true;
}

// What this message and the one before have in common.
void EnvelopeMemory::learn(Charset charset, std::string_view bytes) {
  const auto start = bytes.substr(0, kMost);
  if (charset != charset_) {  // the same bytes may mean something else
    beginning_.text.clear();
    last_.clear();
  }
  if (const auto common = length_in_common(start, last_); common >= kLeast) {
    beginning_.after.restart(EnvelopeScanner::Side::Request, charset);
    const auto read = feed_to_id(beginning_.after, start.substr(0, common));
    // A whole message is no beginning.
    const bool goes_on = beginning_.after.state() == EnvelopeScanner::State::More;
    beginning_.text = start.substr(0, goes_on ? read : 0);
    learn_middle(start);
    misses_ = 0;
  }
  last_ = start;
  charset_ = charset;
}

// What both have in common after their ids.
void EnvelopeMemory::learn_middle(std::string_view start) {
  middle_.text.clear();
  const auto begin = beginning_.text.size();
  if (begin == 0 || !beginning_.after.awaits_message_id()) return;
  const auto end = start.find('<', begin);
  if (end == start.npos || last_.find('<', begin) != end) return;
  id_bytes_ = end - begin;
  const auto id = Uuid::parse(start.substr(begin, id_bytes_));
  const auto common =
      start.substr(end, length_in_common(start.substr(end), std::string_view(last_).substr(end)));
  middle_.after = beginning_.after;
  middle_.after.feed(start.substr(begin, id_bytes_));
  const auto read = feed_to_id(middle_.after, common);
  const bool goes_on = middle_.after.state() == EnvelopeScanner::State::More;
  // Whatever else stands in that element would be part of its text.
  if (goes_on && id && middle_.after.facts().message == id) middle_.text = common.substr(0, read);
}

}  // namespace winrmlb::winrm
