#include "winrmlb/http/head.h"

#include <cstring>

#include "characters.h"
#include "field_lines.h"
#include "winrmlb/core/text.h"

namespace winrmlb::http {

namespace {

Error error_of(const Refusal& refusal, Side side) {
  Error error{side == Side::Client ? refusal.code : ErrorCode::BadResponse, side, {}};
  if (refusal.field_number != 0) error.detail = "header field " + std::to_string(refusal.field_number) + " ";
  // Most sentences about one field go on from "header field 7 "; those that name it stand for themselves.
  const bool names_field = refusal.text.front() >= 'A' && refusal.text.front() <= 'Z';
  if (names_field) error.detail.clear();
  error.detail += refusal.text;
  return error;
}

/// A line without its line end; `rest` begins after it. Nothing if the line does not end as it must.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept {
  const auto feed = rest.find('\n');
  if (feed == rest.npos || feed == 0 || rest[feed - 1] != '\r') return std::nullopt;
  const auto line = rest.substr(0, feed - 1);
  rest.remove_prefix(feed + 1);
  return line;
}

// ---- request line (RFC 9112 3)
// --------------------------------------------------------------------------------

constexpr struct {
  std::string_view text;
  Method method;
} kMethods[] = {{"POST", Method::Post},   {"GET", Method::Get},       {"HEAD", Method::Head},
                {"PUT", Method::Put},     {"DELETE", Method::Delete}, {"OPTIONS", Method::Options},
                {"PATCH", Method::Patch}, {"CONNECT", Method::Other}};

Refusal read_method(std::string_view text, Method& method) noexcept {
  if (text.empty() || !all_are(kToken, text)) return {"the request does not begin with a method"};
  if (text.size() > kMethodBytes) return {"the method is too long", ErrorCode::NotImplemented};
  for (const auto& known : kMethods) {
    if (text == known.text) {
      method = known.method;
      return {};
    }
    // A server that is lax about case would take "head" for HEAD, and its answer to have no body.
    if (equals_ignoring_case(text, known.text)) return {"the method is not in upper case"};
  }
  method = Method::Other;
  return {};
}

Refusal read_version(std::string_view text, std::uint8_t& minor_version) noexcept {
  if (text == "HTTP/1.1" || text == "HTTP/1.0") {
    minor_version = static_cast<std::uint8_t>(text.back() - '0');
    return {};
  }
  if (text.starts_with("HTTP/") && text.find_first_not_of("0123456789.", 5) == text.npos) {
    return {"the version is neither HTTP/1.1 nor HTTP/1.0", ErrorCode::VersionNotSupported};
  }
  return {"the version is malformed"};
}

Refusal check_target(std::string_view target, const RequestHead& head) noexcept {
  if (head.method_text == "CONNECT") return {"CONNECT is not for this service", ErrorCode::NotImplemented};
  if (target.front() == '/') return {};
  if (target == "*")
    return head.method == Method::Options ? Refusal{} : Refusal{"the target * is for OPTIONS only"};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (starts_with_ignoring_case(target, scheme) && target.size() > scheme.size() &&
        target[scheme.size()] != '/') {
      return {};
    }
  }
  return {"the target is neither a path nor an http URL"};
}

Refusal read_request_line(std::string_view line, const Limits& limits, RequestHead& head) noexcept {
  const auto first = line.find(' ');
  if (const auto refusal = read_method(line.substr(0, first), head.method)) return refusal;
  if (first == line.npos) return {"the request line has no target"};
  head.method_text = line.substr(0, first);
  line.remove_prefix(first + 1);

  const auto second = line.find(' ');
  head.target = line.substr(0, second);
  if (head.target.empty()) return {"the request line has no target, or more than one space before it"};
  if (head.target.size() > limits.target_bytes) return {"the target is too long", ErrorCode::UriTooLong};
  if (!all_are(kTarget, head.target)) return {"the target has a forbidden character"};
  if (second == line.npos) {
    return {"the request line has no version: HTTP/0.9 is not spoken here", ErrorCode::VersionNotSupported};
  }
  if (const auto refusal = read_version(line.substr(second + 1), head.minor_version)) return refusal;
  return check_target(head.target, head);
}

Refusal check_request(const FieldFacts& facts, const RequestHead& head) noexcept {
  if (const auto refusal = check_framing(facts, head.minor_version)) return refusal;
  if (facts.hosts > 1) return {"Host is given twice"};
  if (facts.hosts == 0 && head.minor_version != 0) return {"Host is missing"};
  if (!all_are(kHost, facts.host)) return {"Host has a forbidden character"};
  // Who reads the first of two, and who the last, would see two users or two kinds of body in one message.
  if (facts.authorizations > 1) return {"Authorization is given twice"};
  if (facts.content_types > 1) return {"Content-Type is given twice"};
  return {};
}

// ---- status line (RFC 9112 4)
// ---------------------------------------------------------------------------------

// Windows sends "HTTP/1.1 401 " with an empty reason; some leave out the space before it, too.
Refusal read_status_line(std::string_view line, ResponseHead& head) noexcept {
  if (const auto refusal = read_version(line.substr(0, 8), head.minor_version)) return refusal;
  if (line.size() < 12 || line[8] != ' ') return {"the status line has no status"};
  const auto status = parse_unsigned(line.substr(9, 3), 599);
  if (!status || *status < 100) return {"the status is not a number from 100 to 599"};
  if (*status == 101) return {"the server switches protocols, which nobody asked for"};
  head.status = static_cast<std::uint16_t>(*status);
  if (line.size() == 12) return {};
  if (line[12] != ' ') return {"the status has more than three digits"};
  head.reason = line.substr(13);
  if (!all_are(kValue, head.reason)) return {"the reason phrase has a control character"};
  return {};
}

Refusal frame_response(const FieldFacts& facts, Method method, ResponseHead& head) noexcept {
  if (const auto refusal = check_framing(facts, head.minor_version)) return refusal;
  const bool bodiless = is_interim(head.status) || head.status == 204;
  if (bodiless && (facts.content_length != 0 || facts.chunked)) {
    return {"a status that has no body announces one"};
  }
  if (bodiless || head.status == 304 || method == Method::Head) {
    head.framing = Framing::None;
  } else if (facts.chunked) {
    head.framing = Framing::Chunked;
  } else if (facts.content_lengths != 0) {
    head.framing = Framing::Length;
    head.content_length = facts.content_length;
  } else {
    head.framing = Framing::UntilClose;
  }
  return {};
}

bool stays_open(const FieldFacts& facts, std::uint8_t minor_version) noexcept {
  return !facts.close && (minor_version != 0 || facts.keep_alive);
}

}  // namespace

std::optional<std::size_t> HeadEnd::find(std::string_view bytes) noexcept {
  if (seen_ == 0) {
    if (bytes.empty()) return std::nullopt;
    if (!is(kToken, bytes.front())) return 1;
  }
  while (seen_ < bytes.size()) {
    const auto* found =
        static_cast<const char*>(std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_));
    if (found == nullptr) {
      seen_ = bytes.size();
      return std::nullopt;
    }
    seen_ = static_cast<std::size_t>(found - bytes.data());
    auto next = seen_ + 1;
    if (next < bytes.size() && bytes[next] == '\r') ++next;
    if (next >= bytes.size()) return std::nullopt;  // the line feed is looked at again: what follows decides
    if (bytes[next] == '\n') return next + 1;
    seen_ = next;
  }
  return std::nullopt;
}

const Field* Fields::find(FieldName name) const noexcept {
  for (const auto& field : all()) {
    if (field.known == name) return &field;
  }
  return nullptr;
}

Result<RequestHead> parse_request(std::string_view bytes, const Limits& limits, Fields& fields) {
  fields.count = 0;
  const auto refused = [](const Refusal& refusal) { return error_of(refusal, Side::Client); };
  if (bytes.size() > limits.head_bytes) return refused({"the head is too large", ErrorCode::HeadTooLarge});
  if (bytes.starts_with('\x16')) return refused({"a TLS handshake where plain HTTP is spoken"});

  RequestHead head;
  auto rest = bytes;
  const auto line = take_line(rest);
  if (!line) return refused({"the request line does not end in CRLF"});
  if (const auto refusal = read_request_line(*line, limits, head)) return refused(refusal);
  head.start_line = bytes.substr(0, bytes.size() - rest.size());
  head.bytes = bytes;

  FieldFacts facts;
  if (const auto refusal = parse_fields(rest, limits.fields, fields, facts)) return refused(refusal);
  if (const auto refusal = check_request(facts, head)) return refused(refusal);
  if (facts.chunked) {
    head.framing = Framing::Chunked;
  } else if (facts.content_lengths != 0) {
    head.framing = Framing::Length;
    head.content_length = facts.content_length;
  }
  head.keep_alive = stays_open(facts, head.minor_version);
  const bool body_to_come = facts.chunked || facts.content_length != 0;
  head.expects_continue = facts.expects_continue && body_to_come && head.minor_version != 0;
  return head;
}

Result<ResponseHead> parse_response(std::string_view bytes, const ResponseContext& context,
                                    const Limits& limits, Fields& fields) {
  fields.count = 0;
  const auto refused = [](const Refusal& refusal) { return error_of(refusal, Side::Server); };
  if (bytes.size() > limits.head_bytes) return refused({"the head is too large"});

  ResponseHead head;
  auto rest = bytes;
  const auto line = take_line(rest);
  if (!line) return refused({"the status line does not end in CRLF"});
  if (const auto refusal = read_status_line(*line, head)) return refused(refusal);
  head.start_line = bytes.substr(0, bytes.size() - rest.size());
  head.bytes = bytes;

  FieldFacts facts;
  if (const auto refusal = parse_fields(rest, limits.fields, fields, facts)) return refused(refusal);
  if (const auto refusal = frame_response(facts, context.method, head)) return refused(refusal);
  head.keep_alive = stays_open(facts, head.minor_version) && head.framing != Framing::UntilClose;
  return head;
}

std::optional<std::string_view> next_item(std::string_view& rest) noexcept {
  while (!rest.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != ','); ++end) {
      if (rest[end] == '"') quoted = !quoted;
      if (quoted && rest[end] == '\\') ++end;
    }
    const auto item = trimmed(rest.substr(0, end));  // a backslash may have led one past the end
    rest.remove_prefix(end < rest.size() ? end + 1 : rest.size());
    if (!item.empty()) return item;
  }
  return std::nullopt;
}

std::string_view name_of(Method method) noexcept {
  switch (method) {
    case Method::Get:
      return "GET";
    case Method::Head:
      return "HEAD";
    case Method::Post:
      return "POST";
    case Method::Put:
      return "PUT";
    case Method::Delete:
      return "DELETE";
    case Method::Options:
      return "OPTIONS";
    case Method::Patch:
      return "PATCH";
    case Method::Other:
      return "other";
  }
  return "other";
}

}  // namespace winrmlb::http
