// Response heads: the same promises as for requests. The first byte chooses the method of the request.
#include <cstdint>
#include <vector>

#include "http_fuzz.h"

namespace winrmlb::http {
namespace {

void check_same(const ResponseHead& a, const ResponseHead& b) {
  WINRMLB_CHECK(a.status == b.status && a.reason == b.reason && a.minor_version == b.minor_version);
  WINRMLB_CHECK(a.framing == b.framing && a.content_length == b.content_length &&
                a.keep_alive == b.keep_alive);
}

void check_response(std::string_view head_bytes, const ResponseContext& context, std::uint32_t choice) {
  static Fields fields;
  static Fields other_fields;
  const auto head = parse_response(head_bytes, context, {}, fields);
  if (!head) {
    const auto& error = head.error();
    WINRMLB_CHECK(error.side == Side::Server && error.code == ErrorCode::BadResponse &&
                  !error.detail.empty());
    return;
  }
  check_views(head_bytes, head->start_line, fields);
  WINRMLB_CHECK(head->status >= 100 && head->status <= 599 && head->status != 101);
  WINRMLB_CHECK(head->framing != Framing::UntilClose || !head->keep_alive);
  WINRMLB_CHECK(!is_interim(head->status) || head->framing == Framing::None);

  const auto plain = rewritten(head->start_line, fields);
  const auto again = parse_response(plain, context, {.head_bytes = UINT32_MAX}, other_fields);
  WINRMLB_CHECK(static_cast<bool>(again));
  check_same(*head, *again);
  check_same_fields(fields, other_fields);

  check_edit(head_bytes, head->start_line, fields, choice);

  const auto out = forwarded(head_bytes, fields, Side::Server);
  if (!out) return;
  const auto sent = parse_response(*out, context, {}, other_fields);
  WINRMLB_CHECK(static_cast<bool>(sent));
  check_same(*head, *sent);
  WINRMLB_CHECK(forwarded(*out, other_fields, Side::Server) == out);
}

}  // namespace
}  // namespace winrmlb::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace winrmlb::http;
  if (size == 0) return 0;
  const ResponseContext context{data[0] == 'h' ? Method::Head : Method::Post};
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (const auto end = find_head_end(bytes)) {
    const std::vector<char> head(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(*end));
    check_response({head.data(), head.size()}, context,
                   static_cast<std::uint32_t>(std::hash<std::string_view>()(bytes)));
  }
  static Fields fields;
  const std::vector<char> all(bytes.begin(), bytes.end());
  (void)static_cast<bool>(parse_response({all.data(), all.size()}, context, {}, fields));
  return 0;
}
