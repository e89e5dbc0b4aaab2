#include "http/http_support.h"

#include <ostream>

namespace winrmlb::http {

namespace {

std::string text_of(const Error& error) { return std::string(name_of(error.code)) + ": " + error.detail; }

template <typename Head, typename Parse>
Parsed<Head> parse(std::string_view message, Parse parse_head) {
  Parsed<Head> parsed;
  const auto end = find_every_way(message);
  EXPECT_TRUE(end.has_value()) << message;
  if (!end) return parsed;
  for (std::size_t cut = 0; cut < *end; ++cut) {
    const std::vector<char> part(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(cut));
    EXPECT_FALSE(parse_head(std::string_view(part.data(), part.size()), *parsed.fields))
        << cut << ": " << message;
  }
  parsed.bytes.assign(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(*end));
  parsed.head = parse_head(parsed.text(), *parsed.fields);
  return parsed;
}

}  // namespace

std::optional<std::size_t> find_every_way(std::string_view message) {
  const auto whole = HeadEnd().find(message);
  HeadEnd by_byte;
  for (std::size_t size = 0; size <= message.size(); ++size) {
    const auto found = by_byte.find(message.substr(0, size));
    EXPECT_EQ(found, whole && size >= *whole ? whole : std::nullopt) << size << ": " << message;
    if (found) break;
  }
  for (std::size_t cut = 0; cut <= message.size(); ++cut) {
    HeadEnd in_two;
    auto found = in_two.find(message.substr(0, cut));
    if (!found) found = in_two.find(message);
    EXPECT_EQ(found, whole) << cut << ": " << message;
  }
  return whole;
}

Parsed<RequestHead> request(std::string_view message, const Limits& limits) {
  return parse<RequestHead>(
      message, [&](std::string_view bytes, Fields& fields) { return parse_request(bytes, limits, fields); });
}

Parsed<ResponseHead> response(std::string_view message, Method method, const Limits& limits) {
  return parse<ResponseHead>(message, [&](std::string_view bytes, Fields& fields) {
    return parse_response(bytes, ResponseContext{method}, limits, fields);
  });
}

std::string refusal_of_request(std::string_view message, const Limits& limits) {
  const auto parsed = request(message, limits);
  if (parsed.head) return "accepted";
  EXPECT_EQ(parsed.head.error().side, Side::Client);
  return text_of(parsed.head.error());
}

std::string refusal_of_response(std::string_view message, Method method, const Limits& limits) {
  const auto parsed = response(message, method, limits);
  if (parsed.head) return "accepted";
  EXPECT_EQ(parsed.head.error().side, Side::Server);
  return text_of(parsed.head.error());
}

std::ostream& operator<<(std::ostream& out, const BodyOutcome& outcome) {
  return out << (outcome.done ? "done, " : "not done, ") << outcome.bytes << " bytes, content \""
             << outcome.content << "\", refusal \"" << outcome.refusal << '"';
}

BodyOutcome feed(BodyReader reader, const std::vector<std::string_view>& parts) {
  BodyOutcome outcome;
  for (const auto part : parts) {
    const std::vector<char> exact(part.begin(), part.end());
    std::string_view left(exact.data(), exact.size());
    do {
      const auto taken = reader.take(left, BodyReader::Stop::AtContent);
      if (!taken) {
        outcome.refusal = text_of(taken.error());
        return outcome;
      }
      EXPECT_TRUE(taken->bytes > 0 || left.empty() || reader.done());
      outcome.bytes += taken->bytes;
      outcome.content += taken->content;
      left.remove_prefix(taken->bytes);
    } while (!left.empty() && !reader.done());
  }
  outcome.done = reader.done();
  EXPECT_EQ(reader.content_bytes(), outcome.content.size());
  return outcome;
}

BodyOutcome feed_every_way(const BodyReader& reader, std::string_view input) {
  const auto whole = feed(reader, {input});
  // How much went past before a refusal depends on the cut; whether and why there is one does not.
  const auto same = [&whole](BodyOutcome other) {
    if (!whole.refusal.empty()) return other.refusal == whole.refusal;
    return other == whole;
  };
  std::vector<std::string_view> bytes;
  bytes.push_back({});
  for (std::size_t i = 0; i < input.size(); ++i)
    bytes.push_back(input.substr(i, 1));
  const auto by_byte = feed(reader, bytes);
  EXPECT_TRUE(same(by_byte)) << by_byte << " instead of " << whole;
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    const auto in_two = feed(reader, {input.substr(0, cut), input.substr(cut)});
    EXPECT_TRUE(same(in_two)) << cut << ": " << in_two << " instead of " << whole;
  }
  auto at_once = reader;
  const auto taken = at_once.take(input);
  EXPECT_EQ(static_cast<bool>(taken), whole.refusal.empty());
  if (taken) {
    EXPECT_EQ(taken->bytes, whole.bytes);
    EXPECT_EQ(at_once.done(), whole.done);
    EXPECT_EQ(at_once.content_bytes(), whole.content.size());
    EXPECT_TRUE(whole.content.starts_with(taken->content));
  }
  return whole;
}

}  // namespace winrmlb::http
