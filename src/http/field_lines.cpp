#include "field_lines.h"

#include <algorithm>

#include "characters.h"
#include "winrmlb/core/text.h"

namespace winrmlb::http {

namespace {

// Many parsers hold a length in a signed integer; one that they would read differently is never passed on.
constexpr std::uint64_t kMostLength = INT64_MAX;

// Nearly everybody spells them as the standards do.
FieldName name_if(std::string_view name, std::string_view wanted, FieldName known) noexcept {
  return name == wanted || equals_ignoring_case(name, wanted) ? known : FieldName::Other;
}

// A quoted comma would be one option to some readers and two to others.
Refusal check_options(std::string_view value) noexcept {
  while (const auto option = next_item(value)) {
    if (!all_are(kToken, *option)) return {"has an option that is not a name"};
  }
  return {};
}

Refusal note_connection(std::string_view value, FieldFacts& facts) noexcept {
  if (value == "keep-alive" || value == "Keep-Alive") {  // as it nearly always is
    facts.keep_alive = true;
    return {};
  }
  if (const auto refusal = check_options(value)) return refusal;
  while (const auto option = next_item(value)) {
    if (equals_ignoring_case(*option, "close")) facts.close = true;
    if (equals_ignoring_case(*option, "keep-alive")) facts.keep_alive = true;
  }
  return {};
}

// Digits only. A leading zero makes the number octal for some readers; nobody honest sends one.
Refusal note_content_length(std::string_view value, FieldFacts& facts) noexcept {
  if (facts.content_lengths++ != 0) return {"Content-Length is given twice"};
  const auto length = parse_unsigned(value, kMostLength);
  if (!length || (value.size() > 1 && value.front() == '0')) return {"Content-Length is not a plain number"};
  facts.content_length = *length;
  return {};
}

Refusal note(const Field& field, FieldFacts& facts) noexcept {
  switch (field.known) {
    case FieldName::Host:
      ++facts.hosts;
      facts.host = field.value;
      return {};
    case FieldName::Connection:
      return note_connection(field.value, facts);
    case FieldName::ProxyConnection:
      return check_options(field.value);
    case FieldName::ContentLength:
      return note_content_length(field.value, facts);
    case FieldName::TransferEncoding:
      if (facts.transfer_encodings++ != 0) return {"Transfer-Encoding is given twice"};
      facts.chunked = equals_ignoring_case(field.value, "chunked");
      return {};
    case FieldName::Expect:
      facts.expects_continue |= equals_ignoring_case(field.value, "100-continue");
      return {};
    case FieldName::Authorization:
      ++facts.authorizations;
      return {};
    case FieldName::ContentType:
      ++facts.content_types;
      return {};
    case FieldName::Other:
    case FieldName::WwwAuthenticate:
    case FieldName::KeepAlive:
    case FieldName::Te:
    case FieldName::Trailer:
    case FieldName::Upgrade:
    case FieldName::UserAgent:
    case FieldName::Cookie:
    case FieldName::SetCookie:
    case FieldName::XForwardedFor:
    case FieldName::Forwarded:
    case FieldName::ContentEncoding:
    case FieldName::WsmanIdentify:
      return {};
  }
  return {};
}

// `at` is the first byte that is no name; `line` where the line begins. There is a line feed at or after
// `at`.
Refusal name_refusal(const char* line, const char* at) noexcept {
  const bool blank = *at == ' ' || *at == '\t';
  if (at == line && blank) return {"line is folded or begins with white space"};
  if (at == line && *at == ':') return {"has no name"};
  if (at == line && *at == '\n') return {"line is a bare line feed"};
  if (*at == '\r' || *at == '\n') return {"has no colon"};
  while (*at == ' ' || *at == '\t')
    ++at;
  if (blank && *at == ':') return {"has white space before its colon"};
  return {"has a forbidden character in its name"};
}

Refusal value_refusal(char found) noexcept {
  if (found == '\n') return {"ends in a line feed without a carriage return"};
  if (found == '\r') return {"has a carriage return without a line feed"};
  if (found == '\0') return {"has a NUL in its value"};
  return {"has a control character in its value"};
}

Refusal numbered(Refusal refusal, unsigned before) noexcept {
  refusal.field_number = static_cast<std::uint16_t>(before + 1);
  return refusal;
}

}  // namespace

FieldName known_field(std::string_view name) noexcept {
  if (name.empty()) return FieldName::Other;
  const char first = to_lower(name.front());
  switch (name.size()) {
    case 2:
      return name_if(name, "TE", FieldName::Te);
    case 4:
      return name_if(name, "Host", FieldName::Host);
    case 6:
      if (first == 'c') return name_if(name, "Cookie", FieldName::Cookie);
      return name_if(name, "Expect", FieldName::Expect);
    case 7:
      if (first == 't') return name_if(name, "Trailer", FieldName::Trailer);
      return name_if(name, "Upgrade", FieldName::Upgrade);
    case 9:
      return name_if(name, "Forwarded", FieldName::Forwarded);
    case 10:
      if (first == 'c') return name_if(name, "Connection", FieldName::Connection);
      if (first == 'u') return name_if(name, "User-Agent", FieldName::UserAgent);
      if (first == 's') return name_if(name, "Set-Cookie", FieldName::SetCookie);
      return name_if(name, "Keep-Alive", FieldName::KeepAlive);
    case 12:
      return name_if(name, "Content-Type", FieldName::ContentType);
    case 13:
      if (first == 'a') return name_if(name, "Authorization", FieldName::Authorization);
      return name_if(name, "WSMANIDENTIFY", FieldName::WsmanIdentify);
    case 14:
      return name_if(name, "Content-Length", FieldName::ContentLength);
    case 15:
      return name_if(name, "X-Forwarded-For", FieldName::XForwardedFor);
    case 16:
      if (first == 'w') return name_if(name, "WWW-Authenticate", FieldName::WwwAuthenticate);
      if (first == 'c') return name_if(name, "Content-Encoding", FieldName::ContentEncoding);
      return name_if(name, "Proxy-Connection", FieldName::ProxyConnection);
    case 17:
      return name_if(name, "Transfer-Encoding", FieldName::TransferEncoding);
    default:
      return FieldName::Other;
  }
}

Refusal parse_fields(std::string_view section, unsigned most, Fields& fields, FieldFacts& facts) noexcept {
  fields.count = 0;
  // With its last line feed known to be there, the scan of a name needs no test for the end.
  if (!section.ends_with('\n')) return {"the head does not end with an empty line"};
  most = std::min<unsigned>(most, kMaxFields);
  const char* at = section.data();
  const char* const end = at + section.size();
  for (;;) {
    if (at == end) return {"the head does not end with an empty line"};
    if (*at == '\r' && at[1] == '\n') {
      return at + 2 == end ? Refusal{} : Refusal{"the head goes on after its empty line"};
    }
    if (fields.count == most) return {"the head has too many fields", ErrorCode::HeadTooLarge};

    const char* const line = at;
    while (is(kToken, *at))
      ++at;
    if (*at != ':' || at == line) return numbered(name_refusal(line, at), fields.count);
    const char* const colon = at++;

    while (*at == ' ' || *at == '\t')
      ++at;
    const char* const value = at;
    at = skip_value(at, end);
    if (*at != '\r' || at[1] != '\n') return numbered(value_refusal(*at), fields.count);
    const char* value_end = at;
    while (value_end != value && (value_end[-1] == ' ' || value_end[-1] == '\t'))
      --value_end;
    at += 2;

    Field& field = fields.storage[fields.count];
    field.name = {line, colon};
    field.value = {value, value_end};
    field.line = {line, at};
    field.known = known_field(field.name);
    if (field.known != FieldName::Other) {
      if (const auto refusal = note(field, facts)) return numbered(refusal, fields.count);
    }
    ++fields.count;
  }
}

Refusal check_framing(const FieldFacts& facts, std::uint8_t minor_version) noexcept {
  if (facts.transfer_encodings == 0) return {};
  if (facts.content_lengths != 0) return {"both Content-Length and Transfer-Encoding are given"};
  if (minor_version == 0) return {"Transfer-Encoding does not exist in HTTP/1.0"};
  if (!facts.chunked) return {"the transfer coding is not chunked alone", ErrorCode::NotImplemented};
  return {};
}

}  // namespace winrmlb::http
