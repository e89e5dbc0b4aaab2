// Request heads: however they are cut, whatever is accepted is a whole HTTP/1.1 head, means the same when
// written anew, and is still that request after the edits of the balancer.
#include <cstdint>
#include <vector>

#include "http_fuzz.h"

namespace winrmlb::http {
namespace {

void check_same(const RequestHead& a, const RequestHead& b) {
  WINRMLB_CHECK(a.method == b.method && a.method_text == b.method_text && a.target == b.target);
  WINRMLB_CHECK(a.minor_version == b.minor_version && a.keep_alive == b.keep_alive);
  WINRMLB_CHECK(a.framing == b.framing && a.content_length == b.content_length);
  WINRMLB_CHECK(a.expects_continue == b.expects_continue);
}

void check_request(std::string_view head_bytes, std::uint32_t choice) {
  static Fields fields;
  static Fields other_fields;
  const auto head = parse_request(head_bytes, {}, fields);
  if (!head) {
    const auto& error = head.error();
    WINRMLB_CHECK(error.side == Side::Client && !error.detail.empty());
    return;
  }
  check_views(head_bytes, head->start_line, fields);

  const auto plain = rewritten(head->start_line, fields);
  const auto again = parse_request(plain, {.head_bytes = UINT32_MAX}, other_fields);
  WINRMLB_CHECK(static_cast<bool>(again));
  check_same(*head, *again);
  check_same_fields(fields, other_fields);

  check_edit(head_bytes, head->start_line, fields, choice);

  const auto out = forwarded(head_bytes, fields, Side::Client);
  if (!out) return;
  const auto sent = parse_request(*out, {}, other_fields);
  WINRMLB_CHECK(static_cast<bool>(sent));
  check_same(*head, *sent);
  WINRMLB_CHECK(forwarded(*out, other_fields, Side::Client) == out);
}

}  // namespace
}  // namespace winrmlb::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace winrmlb::http;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto end = find_head_end(bytes)) {
    // A block of its exact size, so that the sanitizer sees a step beyond the head.
    const std::vector<char> head(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*end));
    check_request({head.data(), head.size()},
                  static_cast<std::uint32_t>(std::hash<std::string_view>()(bytes)));
  }
  static Fields fields;
  const std::vector<char> all(bytes.begin(), bytes.end());
  (void)static_cast<bool>(
      parse_request({all.data(), all.size()}, {}, fields));  // not a head as HeadEnd finds it
  return 0;
}
