#include "winrmlb/winrm/envelope_memory.h"

#include <algorithm>

namespace winrmlb::winrm {

void EnvelopeMemory::begin(EnvelopeScanner& scanner, Charset charset, std::string_view bytes) {
  if (!beginning_.empty() && charset == charset_ && bytes.starts_with(beginning_)) {
    misses_ = 0;
    scanner = after_;
    scanner.feed(bytes.substr(beginning_.size()));
    return;
  }
  scanner.restart(EnvelopeScanner::Side::Request, charset);
  scanner.feed(bytes);
  if (++misses_ > kPatience) learn(charset, bytes);
}

// What this message and the one before have in common.
void EnvelopeMemory::learn(Charset charset, std::string_view bytes) {
  const auto start = bytes.substr(0, kMost);
  const auto common = static_cast<std::size_t>(
      std::mismatch(start.begin(), start.end(), last_.begin(), last_.end()).first - start.begin());
  if (charset != charset_) beginning_.clear();  // the same bytes may mean something else
  if (charset == charset_ && common >= kLeast) {
    after_.restart(EnvelopeScanner::Side::Request, charset);
    // A whole message is no beginning.
    const bool goes_on = after_.feed(start.substr(0, common)) == EnvelopeScanner::State::More;
    beginning_ = goes_on ? start.substr(0, common) : std::string_view();
    misses_ = 0;
  }
  last_ = start;
  charset_ = charset;
}

}  // namespace winrmlb::winrm
