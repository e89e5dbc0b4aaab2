#include "winrmlb/proxy/cookie.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "winrmlb/core/base64.h"
#include "winrmlb/core/hash.h"
#include "winrmlb/core/text.h"
#include "winrmlb/net/hmac.h"

namespace winrmlb::proxy {

namespace {

// The layout of the value.
constexpr char kVersion = 1;
constexpr std::size_t kIdBytes = 2;
constexpr std::size_t kSignedBytes = 1 + kIdBytes + 8 + 8;
constexpr std::size_t kSumBytes = 16;
constexpr std::size_t kValueBytes = kSignedBytes + kSumBytes;
constexpr std::size_t kValueDigits = (kValueBytes * 8 + 5) / 6;
constexpr std::size_t kKeyFileBytes = 16 * 1024;
constexpr int kMostTries = 4;  // of one field: a sum costs more than the bytes that ask for it

void append_number(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

std::uint64_t read_number(std::string_view bytes) noexcept {
  std::uint64_t value = 0;
  for (const char c : bytes.substr(0, 8))
    value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string_view start_of(const net::HmacSha256& sum, std::size_t bytes) noexcept {
  return {sum.data(), bytes};
}

Error broken(const std::string& what) { return {ErrorCode::Config, Side::Local, what}; }

std::string_view without_quotes(std::string_view value) noexcept {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

// One element of a Cookie value, or of Set-Cookie values joined by commas.
struct Element {
  std::string_view name;
  std::string_view value;
  std::size_t begin = 0;  // of its text, in the field
  std::size_t end = 0;    // where its separator stands, if there is one
  char before = '\0';     // the separator before it

  bool is_empty() const noexcept { return name.empty() && value.empty(); }
};

class Elements {
 public:
  explicit Elements(std::string_view field) noexcept : field_(field) {}

  std::optional<Element> next() noexcept {
    if (at_ >= field_.size()) return std::nullopt;
    Element element;
    element.before = at_ == 0 ? '\0' : field_[at_ - 1];
    element.end = std::min(field_.find_first_of(";,", at_), field_.size());
    const auto text = trimmed(field_.substr(at_, element.end - at_));
    element.begin = text.empty() ? element.end : static_cast<std::size_t>(text.data() - field_.data());
    const auto equals = text.find('=');
    element.name = trimmed(text.substr(0, equals));
    if (equals != std::string_view::npos) element.value = without_quotes(trimmed(text.substr(equals + 1)));
    at_ = element.end + 1;
    return element;
  }

 private:
  std::string_view field_;
  std::size_t at_ = 0;
};

// What set_cookie_line() writes after the value. A client that sends it back has it there, behind a
// semicolon.
bool is_attribute_of_ours(const Element& element) noexcept {
  if (element.before != ';') return false;
  for (const auto* name : {"Path", "HttpOnly", "SameSite", "Secure"}) {
    if (equals_ignoring_case(element.name, name)) return true;
  }
  return false;
}

// Spans come in order; one that meets the one before becomes one with it.
void add_span(CookieField& found, std::string_view field, std::size_t begin, std::size_t end) noexcept {
  while (found.span_count != 0) {
    const auto last = found.spans[found.span_count - 1];
    const auto last_begin = static_cast<std::size_t>(last.data() - field.data());
    if (last_begin + last.size() < begin) break;
    begin = std::min(begin, last_begin);
    --found.span_count;
  }
  if (found.span_count == found.spans.size()) {
    found.ours_alone = true;  // more of ours than any client keeps: then nothing of the field goes on
    return;
  }
  found.spans[found.span_count++] = field.substr(begin, end - begin);
}

}  // namespace

std::uint64_t cookie_server(std::string_view pool, std::string_view server) noexcept {
  return stable_hash(server, stable_hash(pool));
}

Result<CookieKeys> CookieKeys::parse(std::string_view text) {
  CookieKeys keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    const auto here = "line " + std::to_string(number);
    auto bytes = decode_base64(line);
    if (!bytes) return broken(here + " is no key; a key is written in base64");
    if (bytes->size() < kLeastKeyBytes || bytes->size() > kMostKeyBytes) {
      return broken(here + " has " + std::to_string(bytes->size()) + " bytes; a key has " +
                    std::to_string(kLeastKeyBytes) + " to " + std::to_string(kMostKeyBytes));
    }
    if (keys.keys_.size() == kCookieKeys)
      return broken("there may be " + std::to_string(kCookieKeys) + " keys at most");
    Key key{std::move(*bytes), {}};
    const auto sum = net::hmac_sha256(key.bytes, "key id");
    std::copy_n(sum.begin(), kIdBytes, key.id.begin());
    keys.keys_.push_back(std::move(key));
  }
  if (keys.keys_.empty()) return broken("there is no key; openssl rand -base64 32 makes one");
  return keys;
}

Result<CookieKeys> CookieKeys::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kKeyFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) return broken("cannot read the file " + path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kKeyFileBytes) return broken(path + ": too long for a file of keys");
  auto keys = parse(text);
  if (!keys) return broken(path + ": " + keys.error().detail);
  return keys;
}

std::string CookieKeys::sign(const SessionCookie& cookie) const {
  const Key& key = keys_.front();
  std::string bytes(1, kVersion);
  bytes.append(key.id.data(), key.id.size());
  append_number(bytes, cookie.server);
  append_number(bytes, cookie.session.value());
  const auto sum = net::hmac_sha256(key.bytes, bytes);
  bytes += start_of(sum, kSumBytes);
  return encode_base64(bytes, Base64::Url);
}

std::optional<SessionCookie> CookieKeys::verify(std::string_view value) const {
  if (value.size() != kValueDigits) return std::nullopt;
  const auto decoded = decode_base64(value, Base64::Url);
  if (!decoded || decoded->front() != kVersion) return std::nullopt;
  const std::string_view bytes = *decoded;
  const auto given = bytes.substr(kSignedBytes);
  for (const auto& key : keys_) {
    if (bytes.substr(1, kIdBytes) != std::string_view(key.id.data(), key.id.size())) continue;
    const auto sum = net::hmac_sha256(key.bytes, bytes.substr(0, kSignedBytes));
    if (!net::equal_in_constant_time(start_of(sum, kSumBytes), given)) continue;
    return SessionCookie{read_number(bytes.substr(1 + kIdBytes)),
                         SessionId(read_number(bytes.substr(1 + kIdBytes + 8)))};
  }
  return std::nullopt;
}

std::string set_cookie_line(const CookieKeys& keys, const SessionCookie& cookie, CookieScope scope) {
  std::string line = "Set-Cookie: ";
  line += kCookieName;
  line += '=' + keys.sign(cookie) + "; Path=/wsman; HttpOnly; SameSite=Strict";
  if (scope == CookieScope::TlsOnly) line += "; Secure";
  return line + "\r\n";
}

// Ours goes from its name to the next element that is neither empty nor its attribute, separator included; at
// the end of the field, the separator before it goes instead.
CookieField read_cookie_field(std::string_view value, const CookieKeys* keys) {
  CookieField found;
  bool others = false;
  int tries = 0;
  std::size_t kept_end = 0;  // of the last element that is not ours
  Elements elements(value);
  auto element = elements.next();
  while (element) {
    if (!equals_ignoring_case(element->name, kCookieName)) {
      if (!element->is_empty()) {
        others = true;
        kept_end = element->end;
      }
      element = elements.next();
      continue;
    }
    const auto begin = element->begin;
    if (keys != nullptr && !found.cookie && tries++ < kMostTries) found.cookie = keys->verify(element->value);
    do {
      element = elements.next();
    } while (element && (element->is_empty() || is_attribute_of_ours(*element)));
    if (element) {
      add_span(found, value, begin, element->begin);
    } else {
      add_span(found, value, others ? kept_end : begin, value.size());
    }
  }
  if (!others && found.span_count != 0) found.ours_alone = true;
  if (found.ours_alone) found.span_count = 0;
  return found;
}

}  // namespace winrmlb::proxy
