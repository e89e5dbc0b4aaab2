// Boost.Beast as the oracle: whatever we accept, it must accept, too, and read the same from it: method,
// target, fields, content, and where the message ends. Where it accepts and we do not, the reason must be a
// row of kStricter.
#include <algorithm>
#include <map>
#include <random>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http.hpp>
#include <gtest/gtest.h>

#include "http/http_support.h"
#include "http/message_generator.h"
#include "winrmlb/core/text.h"

namespace winrmlb::http {
namespace {

namespace beast = boost::beast;

/// One message as somebody reads it.
struct Reading {
  std::string refusal;  // empty: none, as far as the bytes go
  bool done = false;
  std::string start_line;                                   // its three parts, with one space between
  std::vector<std::pair<std::string, std::string>> fields;  // by name in lower case, in order within each
  bool keep_alive = false;
  bool until_close = false;
  std::string content;
  std::size_t bytes = 0;  // of the whole message, if done
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    c = to_lower(c);
  return out;
}

void sort_fields(Reading& reading) {
  std::stable_sort(reading.fields.begin(), reading.fields.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
}

// ---- ours
// -----------------------------------------------------------------------------------------------------

void read_body(Reading& reading, BodyReader body, std::string_view input) {
  const auto outcome = feed(body, {input});
  reading.refusal = outcome.refusal;
  reading.content = outcome.content;
  reading.until_close = body.framing() == Framing::UntilClose;
  reading.done = outcome.done || reading.until_close;
  reading.bytes += outcome.bytes;
}

template <typename Head>
Reading read_ours(std::string_view message, const Result<Head>& head, const Fields& fields,
                  std::string start_line) {
  Reading reading;
  if (!head) {
    reading.refusal = head.error().detail;
    return reading;
  }
  reading.start_line = std::move(start_line);
  for (const auto& field : fields.all())
    reading.fields.emplace_back(lower(field.name), field.value);
  sort_fields(reading);
  reading.keep_alive = head->keep_alive;
  reading.bytes = head->bytes.size();
  read_body(reading, BodyReader(head->framing, head->content_length, Side::Client, {}),
            message.substr(head->bytes.size()));
  return reading;
}

Reading read_request_ours(std::string_view message) {
  const auto end = HeadEnd().find(message);
  if (!end) return {};
  Fields fields;
  const auto head = parse_request(message.substr(0, *end), {}, fields);
  std::string line;
  if (head) line.append(head->method_text).append(" ").append(head->target).append(" ");
  if (head) line += std::to_string(10 + head->minor_version);
  return read_ours(message, head, fields, line);
}

Reading read_response_ours(std::string_view message, Method method) {
  const auto end = HeadEnd().find(message);
  if (!end) return {};
  Fields fields;
  const auto head = parse_response(message.substr(0, *end), {method}, {}, fields);
  std::string line;
  if (head) line = std::to_string(10 + head->minor_version) + " " + std::to_string(head->status) + " ";
  if (head && !head->reason.empty()) {
    line += head->reason;
  } else if (head) {
    // Beast does not tell an empty reason phrase from the usual one.
    line += std::string(beast::http::obsolete_reason(beast::http::int_to_status(head->status)));
  }
  return read_ours(message, head, fields, line);
}

// ---- Beast's
// --------------------------------------------------------------------------------------------------

/// Collects the content without making room for what is only announced.
struct CollectingBody {
  using value_type = std::string;
  class reader {
   public:
    template <bool is_request, typename Fields>
    reader(beast::http::header<is_request, Fields>&, value_type& content) : content_(content) {}
    void init(const boost::optional<std::uint64_t>&, beast::error_code& error) { error = {}; }
    template <typename Buffers>
    std::size_t put(const Buffers& buffers, beast::error_code& error) {
      error = {};
      const auto before = content_.size();
      for (const auto buffer : beast::buffers_range_ref(buffers)) {
        content_.append(static_cast<const char*>(buffer.data()), buffer.size());
      }
      return content_.size() - before;
    }
    void finish(beast::error_code& error) { error = {}; }

   private:
    value_type& content_;
  };
};

std::string start_line_of(const beast::http::request<CollectingBody>& message) {
  return std::string(message.method_string()) + " " + std::string(message.target()) + " " +
         std::to_string(message.version());
}

std::string start_line_of(const beast::http::response<CollectingBody>& message) {
  return std::to_string(message.version()) + " " + std::to_string(message.result_int()) + " " +
         std::string(message.reason());
}

template <bool is_request>
Reading read_beast(std::string_view message, bool skip_body) {
  Reading reading;
  beast::http::parser<is_request, CollectingBody> parser;
  parser.header_limit(UINT32_MAX);
  parser.body_limit(boost::none);
  parser.skip(skip_body);
  const auto put = [&](std::string_view bytes) {
    beast::error_code error;
    const auto taken = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error && error != beast::http::error::need_more) reading.refusal = error.message();
    return taken;
  };

  // First the head alone, since Beast adds the trailers to the fields.
  reading.bytes = put(message);
  if (!reading.refusal.empty() || !parser.is_header_done()) return reading;
  reading.start_line = start_line_of(parser.get());
  for (const auto& field : parser.get()) {
    reading.fields.emplace_back(lower({field.name_string().data(), field.name_string().size()}),
                                field.value());
  }
  sort_fields(reading);
  reading.keep_alive = parser.keep_alive();
  reading.until_close = parser.need_eof() && !parser.is_done();

  parser.eager(true);
  if (!parser.is_done()) reading.bytes += put(message.substr(reading.bytes));
  reading.content = parser.get().body();
  reading.done = parser.is_done() || reading.until_close;
  return reading;
}

// ---- where we are stricter
// ------------------------------------------------------------------------------------

struct Stricter {
  std::string_view refusal;  // the end of our sentence
  std::string_view why;
};

constexpr Stricter kStricter[] = {
    {"line is folded or begins with white space", "obs-fold: RFC 9112 5.2 lets a server refuse it"},
    {"Content-Length is given twice", "even if equal: RFC 9112 6.3 allows either"},
    {"Content-Length is not a plain number", "lists, leading zeros, more than a signed integer holds"},
    {"Transfer-Encoding does not exist in HTTP/1.0", "RFC 9112 6.1: framing is faulty"},
    {"Transfer-Encoding is given twice",
     "a second coding, which Beast overlooks if the first is not chunked"},
    {"the transfer coding is not chunked alone", "Beast takes other codings for no coding"},
    {"both Content-Length and Transfer-Encoding are given", "Beast takes other codings for no coding"},
    {"Host is missing", "RFC 9112 3.2"},
    {"Host is given twice", "RFC 9112 3.2"},
    {"Host has a forbidden character", "RFC 9112 3.2"},
    {"Authorization is given twice", "two users in one message"},
    {"Content-Type is given twice", "two kinds of body in one message"},
    {"the target has a forbidden character", "bytes beyond ASCII"},
    {"the target is neither a path nor an http URL", "RFC 9112 3.2"},
    {"the target * is for OPTIONS only", "RFC 9112 3.2.4"},
    {"the method is not in upper case", "a lax server would frame the answer otherwise"},
    {"the method is too long", "a limit"},
    {"CONNECT is not for this service", "no tunnels"},
    {"the server switches protocols, which nobody asked for", "no upgrades"},
    {"the status is not a number from 100 to 599", "RFC 9110 15"},
    {"a status that has no body announces one", "RFC 9110 8.6 and RFC 9112 6.1"},
    {"a chunk size has too many digits", "a limit"},
    {"a chunk size is not a plain hexadecimal number", "white space before an extension"},
    {"a chunk extension is malformed", "white space in an extension"},
    {"a chunk extension has a control character", "in a quoted value"},
    {"a chunk-size line is too long", "a limit"},
    {"a trailer field is one that may stand in the head only", "RFC 9110 6.5.1"},
    {"a trailer field has a malformed name", "obs-fold"},
};

const Stricter* stricter(std::string_view refusal) {
  for (const auto& row : kStricter) {
    if (refusal.ends_with(row.refusal)) return &row;
  }
  return nullptr;
}

// With its line ends and bytes to be seen.
std::string shown(std::string_view message) {
  std::string out;
  append_json_escaped(out, message);
  return out;
}

bool has_field(const Reading& reading, std::string_view name) {
  return std::any_of(reading.fields.begin(), reading.fields.end(),
                     [&](const auto& f) { return f.first == name; });
}

// True if both agree, or disagree as they should.
void compare(const Reading& ours, const Reading& theirs, std::string_view message,
             std::map<std::string_view, unsigned>& stricter_seen) {
  if (!ours.refusal.empty()) {
    if (!theirs.refusal.empty() || !theirs.done) return;
    const auto* row = stricter(ours.refusal);
    EXPECT_NE(row, nullptr) << ours.refusal << ", but Beast accepts\n" << shown(message);
    if (row != nullptr) ++stricter_seen[row->refusal];
    return;
  }
  EXPECT_EQ(ours.done, theirs.done) << shown(message);
  if (ours.start_line.empty())
    return;  // we wait for the end of the head; Beast may know already that it is bad
  EXPECT_EQ(theirs.refusal, "") << shown(message);
  if (!theirs.refusal.empty()) return;
  EXPECT_EQ(ours.start_line, theirs.start_line) << shown(message);
  EXPECT_EQ(ours.fields, theirs.fields) << shown(message);
  EXPECT_EQ(ours.until_close, theirs.until_close) << shown(message);
  if (ours.done) {
    EXPECT_EQ(ours.bytes, theirs.bytes) << shown(message);
    EXPECT_EQ(ours.content, theirs.content) << shown(message);
  }
  // Beast lets keep-alive win over close in HTTP/1.0, and listens to Proxy-Connection.
  if (!has_field(ours, "proxy-connection") && !has_field(ours, "connection")) {
    EXPECT_EQ(ours.keep_alive, theirs.keep_alive) << shown(message);
  } else if (!has_field(ours, "proxy-connection")) {
    EXPECT_TRUE(!ours.keep_alive || theirs.keep_alive) << shown(message);
  }
}

constexpr unsigned kMessages = 60'000;

struct Tally {
  unsigned accepted = 0;
  unsigned refused_by_both = 0;
  std::map<std::string_view, unsigned> stricter;
};

void count(Tally& tally, const Reading& ours, const Reading& theirs) {
  if (ours.refusal.empty() && ours.done) ++tally.accepted;
  if (!ours.refusal.empty() && !theirs.refusal.empty()) ++tally.refused_by_both;
}

Tally compare_requests() {
  Tally tally;
  MessageGenerator generator(20'260);
  for (unsigned i = 0; i < kMessages && !testing::Test::HasFailure(); ++i) {
    const auto message = generator.request();
    const auto ours = read_request_ours(message);
    const auto theirs = read_beast<true>(message, false);
    compare(ours, theirs, message, tally.stricter);
    count(tally, ours, theirs);
  }
  return tally;
}

Tally compare_responses() {
  Tally tally;
  MessageGenerator generator(20'261);
  for (unsigned i = 0; i < kMessages && !testing::Test::HasFailure(); ++i) {
    const auto message = generator.response();
    const auto method = i % 8 == 0 ? Method::Head : Method::Post;
    const auto ours = read_response_ours(message, method);
    // Beast wants the space after the status that some servers leave out with an empty reason (RFC 9112 4).
    auto for_beast = message;
    const bool shortened = message.size() > 13 && message[12] == '\r' && ours.refusal.empty();
    if (shortened) for_beast.insert(12, " ");
    auto theirs = read_beast<false>(for_beast, method == Method::Head);
    if (shortened && theirs.done) --theirs.bytes;
    compare(ours, theirs, message, tally.stricter);
    count(tally, ours, theirs);
  }
  return tally;
}

TEST(BeastOracle, ReadsWhatWeAcceptInTheSameWay) {
  const auto requests = compare_requests();
  const auto responses = compare_responses();
  if (HasFailure()) return;
  // The comparison is worth something only if there is enough of each kind.
  EXPECT_GT(requests.accepted, kMessages / 5);
  EXPECT_GT(responses.accepted, kMessages / 5);
  EXPECT_GT(requests.refused_by_both, kMessages / 10);
  EXPECT_GT(responses.refused_by_both, kMessages / 10);
  for (const auto& row : kStricter) {
    const auto seen = [&](const Tally& tally) { return tally.stricter.contains(row.refusal); };
    EXPECT_TRUE(seen(requests) || seen(responses)) << "never met, so no exception: " << row.refusal;
  }
}

}  // namespace
}  // namespace winrmlb::http
