#include "winrmlb/net/client_hello.h"

#include <algorithm>
#include <cstdint>

#include "winrmlb/core/text.h"

namespace winrmlb::net {

namespace {

constexpr std::uint8_t kHandshakeRecord = 22;
constexpr std::uint8_t kClientHello = 1;
constexpr std::size_t kRecordHeader = 5;
constexpr std::size_t kRecordBytes = 1 << 14;
constexpr std::size_t kMessageHeader = 4;
constexpr std::size_t kMostNoted = 255;  // of names and protocols, for the log
constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kProtocols = 16;

Error wrong(std::string_view what) {
  return {ErrorCode::TlsFailed, Side::Client, "no TLS ClientHello: " + std::string(what)};
}

// Takes values off the front; once something was missing, all further ones are empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  std::string_view take(std::size_t bytes) {
    if (bytes > left_.size()) {
      good_ = false;
      left_ = {};
      return {};
    }
    const auto taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }
  std::size_t number(std::size_t width) {
    std::size_t value = 0;
    for (const char c : take(width))
      value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }
  /// A vector with its length in front.
  std::string_view counted(std::size_t width) { return take(number(width)); }
  bool empty() const noexcept { return left_.empty(); }
  bool good() const noexcept { return good_; }

 private:
  std::string_view left_;
  bool good_ = true;
};

// Joins what the records carry of the message. False: something else came between.
enum class Joined : std::uint8_t { Whole, Part, Broken };
Joined join_records(std::string_view bytes, std::string& message) {
  while (!bytes.empty()) {
    if (static_cast<std::uint8_t>(bytes[0]) != kHandshakeRecord) return Joined::Broken;
    if (bytes.size() > 1 && bytes[1] != 3) return Joined::Broken;
    if (bytes.size() < kRecordHeader) return Joined::Part;
    Reader header(bytes.substr(3, 2));
    const std::size_t length = header.number(2);
    if (length == 0 || length > kRecordBytes) return Joined::Broken;
    const auto carried = bytes.substr(kRecordHeader, length);
    message += carried;
    if (!message.empty() && static_cast<std::uint8_t>(message[0]) != kClientHello) return Joined::Broken;
    if (message.size() >= kMessageHeader) {
      Reader start(std::string_view(message).substr(1, 3));
      const std::size_t whole = kMessageHeader + start.number(3);
      if (whole > kClientHelloBytes) return Joined::Broken;
      if (message.size() >= whole) {
        message.resize(whole);
        return Joined::Whole;
      }
    }
    if (carried.size() < length) return Joined::Part;
    bytes.remove_prefix(kRecordHeader + length);
  }
  return Joined::Part;
}

// What may stand in a log, and be compared with names.
std::string as_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes.substr(0, kMostNoted))
    text += c > ' ' && c < 127 ? to_lower(c) : '?';
  return text;
}

bool read_extension(std::size_t type, std::string_view body, ClientHello& hello) {
  Reader reader(body);
  if (type == kServerName) {
    Reader names(reader.counted(2));
    while (!names.empty()) {
      const auto kind = names.number(1);
      const auto name = names.counted(2);
      constexpr std::size_t kHostName = 0;
      if (kind == kHostName && hello.server_name.empty()) hello.server_name = as_text(name);
    }
    return reader.good() && names.good();
  }
  if (type == kProtocols) {
    Reader protocols(reader.counted(2));
    while (!protocols.empty() && hello.protocols.size() < kMostNoted)
      hello.protocols += (hello.protocols.empty() ? "" : ", ") + as_text(protocols.counted(1));
    return reader.good() && protocols.good();
  }
  return true;
}

}  // namespace

Result<ClientHello> read_client_hello(std::string_view so_far) {
  std::string message;
  switch (join_records(so_far, message)) {
    case Joined::Broken:
      return wrong(so_far.substr(0, 5) == "POST " ? "plain HTTP" : "another kind of record, or too long");
    case Joined::Part:
      if (so_far.size() >= kClientHelloBytes) return wrong("longer than the limit");
      return ClientHello{};
    case Joined::Whole:
      break;
  }
  Reader reader(std::string_view(message).substr(kMessageHeader));
  reader.take(2 + 32);  // version, random
  reader.counted(1);    // session id
  reader.counted(2);    // cipher suites
  reader.counted(1);    // compression methods
  ClientHello hello{.whole = true};
  if (!reader.good()) return wrong("too short");
  if (reader.empty()) return hello;  // no extensions
  Reader extensions(reader.counted(2));
  if (!reader.good() || !reader.empty()) return wrong("its extensions do not add up");
  while (!extensions.empty()) {
    const auto type = extensions.number(2);
    const auto body = extensions.counted(2);
    if (!extensions.good() || !read_extension(type, body, hello)) return wrong("a broken extension");
  }
  return hello;
}

}  // namespace winrmlb::net
