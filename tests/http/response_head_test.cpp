#include <gtest/gtest.h>

#include "http/http_support.h"

namespace winrmlb::http {
namespace {

using namespace std::string_literals;

std::string with(std::string_view status_line, std::string_view lines = "Content-Length: 0\r\n") {
  return std::string(status_line) + "\r\n" + std::string(lines) + "\r\n";
}

TEST(ResponseHead, IsReadIntoViewsOfItsBytes) {
  const auto message = with("HTTP/1.1 200 OK", "Server: Microsoft-HTTPAPI/2.0\r\nContent-Length: 12\r\n");
  const auto parsed = response(message + "rest");
  ASSERT_TRUE(parsed.head);
  EXPECT_EQ(parsed.head->status, 200);
  EXPECT_EQ(parsed.head->reason, "OK");
  EXPECT_EQ(parsed.head->minor_version, 1);
  EXPECT_EQ(parsed.head->framing, Framing::Length);
  EXPECT_EQ(parsed.head->content_length, 12U);
  EXPECT_TRUE(parsed.head->keep_alive);
  EXPECT_EQ(parsed.head->start_line, "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(parsed.head->bytes, message);
  EXPECT_EQ(parsed.fields->count, 2);
}

TEST(ResponseHead, ReasonPhraseMayBeEmptyAsWindowsSendsIt) {
  for (const auto* line : {"HTTP/1.1 401 ", "HTTP/1.1 401"}) {
    const auto parsed = response(with(line));
    ASSERT_TRUE(parsed.head) << line;
    EXPECT_EQ(parsed.head->status, 401);
    EXPECT_EQ(parsed.head->reason, "");
  }
  const auto parsed = response(with("HTTP/1.0 500 Internal\tServer \xc9rror "));
  ASSERT_TRUE(parsed.head);
  EXPECT_EQ(parsed.head->reason, "Internal\tServer \xc9rror ");
}

TEST(ResponseHead, BodyFramingFollowsStatusMethodAndFields) {
  const auto framing = [](std::string_view status, std::string_view lines, Method method = Method::Post) {
    const auto parsed = response(with("HTTP/1.1 " + std::string(status) + " X", lines), method);
    EXPECT_TRUE(parsed.head) << status << lines;
    return parsed.head ? parsed.head->framing : Framing::None;
  };
  EXPECT_EQ(framing("200", "Content-Length: 5\r\n"), Framing::Length);
  EXPECT_EQ(framing("200", "Content-Length: 0\r\n"), Framing::Length);
  EXPECT_EQ(framing("500", "Transfer-Encoding: chunked\r\n"), Framing::Chunked);
  EXPECT_EQ(framing("200", ""), Framing::UntilClose);
  for (const auto* status : {"100", "103", "199", "204"}) {
    EXPECT_EQ(framing(status, ""), Framing::None);
    EXPECT_EQ(framing(status, "Content-Length: 0\r\n"), Framing::None);
  }
  for (const auto* lines : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
    EXPECT_EQ(framing("304", lines), Framing::None);
    EXPECT_EQ(framing("200", lines, Method::Head), Framing::None);
  }
}

TEST(ResponseHead, StaysOpenAsTheServerSays) {
  const auto keeps = [](std::string_view version, std::string_view lines) {
    const auto parsed = response(with(std::string(version) + " 200 OK", lines));
    EXPECT_TRUE(parsed.head);
    return parsed.head && parsed.head->keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", "Content-Length: 5\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Content-Length: 5\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", ""));
  EXPECT_FALSE(keeps("HTTP/1.0", "Content-Length: 5\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.0", "Content-Length: 5\r\nConnection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST(ResponseHead, MalformedStatusLinesAreRefused) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"HTTP/1.1 99 X", "the status is not a number from 100 to 599"},
      {"HTTP/1.1 099 X", "the status is not a number from 100 to 599"},
      {"HTTP/1.1 600 X", "the status is not a number from 100 to 599"},
      {"HTTP/1.1 2x0 X", "the status is not a number from 100 to 599"},
      {"HTTP/1.1 +20 X", "the status is not a number from 100 to 599"},
      {"HTTP/1.1  200 X", "the status is not a number from 100 to 599"},
      {"HTTP/1.1 2000 X", "the status has more than three digits"},
      {"HTTP/1.1 200\tX", "the status has more than three digits"},
      {"HTTP/1.1 20", "the status line has no status"},
      {"HTTP/1.1", "the status line has no status"},
      {"HTTP/1.1\t200 X", "the status line has no status"},
      {"HTTP/1.1 101 Switching Protocols", "the server switches protocols, which nobody asked for"},
      {"HTTP/2.0 200 OK", "the version is neither HTTP/1.1 nor HTTP/1.0"},
      {"HTTP/1.2 200 OK", "the version is neither HTTP/1.1 nor HTTP/1.0"},
      {"http/1.1 200 OK", "the version is malformed"},
      {"ICY 200 OK", "the version is malformed"},
      {"HTTP/1.1 200 O\x01K", "the reason phrase has a control character"},
      {"HTTP/1.1 200 O\rK", "the reason phrase has a control character"},
      {"HTTP/1.1 200 OK\r", "the reason phrase has a control character"},
      {"HTTP/1.1 200 O\0K"s, "the reason phrase has a control character"},
  };
  for (const auto& [line, why] : cases) {
    EXPECT_EQ(refusal_of_response(with(line)), "bad_response: " + std::string(why)) << line;
  }
  EXPECT_EQ(refusal_of_response("HTTP/1.1 200 OK\n\n"), "bad_response: the status line does not end in CRLF");
  EXPECT_EQ(refusal_of_response("\x15\x03\x01"), "bad_response: the status line does not end in CRLF");
}

TEST(ResponseHead, AmbiguousFramingIsRefused) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
       "both Content-Length and Transfer-Encoding are given"},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length is given twice"},
      {"Content-Length: 5, 5\r\n", "Content-Length is not a plain number"},
      {"Transfer-Encoding: gzip, chunked\r\n", "the transfer coding is not chunked alone"},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding is given twice"},
      {"A: b\r\n c\r\n", "header field 2 line is folded or begins with white space"},
      {"Content-Length : 5\r\n", "header field 1 has white space before its colon"},
  };
  for (const auto& [lines, why] : cases) {
    EXPECT_EQ(refusal_of_response(with("HTTP/1.1 200 OK", lines)), "bad_response: " + std::string(why))
        << lines;
    EXPECT_EQ(refusal_of_response(with("HTTP/1.1 200 OK", lines), Method::Head),
              "bad_response: " + std::string(why));
  }
  EXPECT_EQ(refusal_of_response(with("HTTP/1.0 200 OK", "Transfer-Encoding: chunked\r\n")),
            "bad_response: Transfer-Encoding does not exist in HTTP/1.0");
}

TEST(ResponseHead, StatusWithoutBodyMayNotAnnounceOne) {
  for (const auto* status : {"100", "204"}) {
    for (const auto* lines : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
      EXPECT_EQ(refusal_of_response(with("HTTP/1.1 "s + status + " X", lines)),
                "bad_response: a status that has no body announces one");
    }
  }
}

TEST(ResponseHead, LimitsAreBadResponses) {
  Limits limits;
  const auto message = with("HTTP/1.1 200 OK", "Content-Length: 0\r\nA: b\r\n");
  limits.head_bytes = static_cast<std::uint32_t>(message.size());
  limits.fields = 2;
  EXPECT_EQ(refusal_of_response(message, Method::Post, limits), "accepted");
  limits.fields = 1;
  EXPECT_EQ(refusal_of_response(message, Method::Post, limits), "bad_response: the head has too many fields");
  limits.fields = 2;
  --limits.head_bytes;
  EXPECT_EQ(refusal_of_response(message, Method::Post, limits), "bad_response: the head is too large");
}

}  // namespace
}  // namespace winrmlb::http
