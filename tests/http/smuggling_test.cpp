// Every door through which two parties could be made to read one request differently (RFC 9112 11.2), shut.
#include <gtest/gtest.h>

#include "http/http_support.h"

namespace winrmlb::http {
namespace {

using namespace std::string_literals;

struct Refused {
  std::string text;
  std::string_view why;
};

void expect_lines_refused(const std::vector<Refused>& cases) {
  for (const auto& [lines, why] : cases) {
    EXPECT_EQ(refusal_of_request("POST /wsman HTTP/1.1\r\nHost: ps1\r\n" + lines + "\r\n"), why) << lines;
  }
}

void expect_heads_refused(const std::vector<Refused>& cases) {
  for (const auto& [head, why] : cases)
    EXPECT_EQ(refusal_of_request(head), why) << head;
}

TEST(Smuggling, TwoFramingsInOneMessageAreRefused) {
  constexpr auto kBoth = "bad_request: both Content-Length and Transfer-Encoding are given";
  expect_lines_refused({{"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", kBoth},
                        {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", kBoth},
                        {"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", kBoth}});
}

TEST(Smuggling, ContentLengthIsOnePlainNumberOnce) {
  for (const auto* value :
       {"", "+5", "-5", "5 5", "5,5", "5, 5", "0x5", "5a", "5.", "05", "00", "\"5\"", "٥", "5\t5",
        "9223372036854775808", "18446744073709551616", "99999999999999999999999999999999"}) {
    expect_lines_refused(
        {{"Content-Length: "s + value + "\r\n", "bad_request: Content-Length is not a plain number"}});
  }
  constexpr auto kTwice = "bad_request: Content-Length is given twice";
  expect_lines_refused({{"Content-Length: 5\r\nContent-Length: 5\r\n", kTwice},
                        {"Content-Length: 5\r\nA: b\r\ncontent-length: 6\r\n", kTwice}});
}

TEST(Smuggling, TransferEncodingIsChunkedAloneOnce) {
  constexpr auto kUnknown = "not_implemented: the transfer coding is not chunked alone";
  for (const auto* value :
       {"", "identity", "gzip", "gzip, chunked", "chunked, gzip", "chunked,", ",chunked", "chunked, chunked",
        "chunked;q=1", "xchunked", "chunkedx", "\"chunked\"", "chunked chunked"}) {
    expect_lines_refused({{"Transfer-Encoding: "s + value + "\r\n", kUnknown}});
  }
  expect_lines_refused({{"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                         "bad_request: Transfer-Encoding is given twice"},
                        {"Transfer-Encoding: chunked\r\nTransfer-encoding: identity\r\n",
                         "bad_request: Transfer-Encoding is given twice"},
                        {"Transfer-Encoding: \x0b"
                         "chunked\r\n",
                         "bad_request: header field 2 has a control character in its value"}});
  expect_heads_refused({{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                         "bad_request: Transfer-Encoding does not exist in HTTP/1.0"}});
}

TEST(Smuggling, FieldNamesAreTokensRightBeforeTheirColon) {
  constexpr auto kBlank = "bad_request: header field 2 has white space before its colon";
  constexpr auto kName = "bad_request: header field 2 has a forbidden character in its name";
  expect_lines_refused({{"Content-Length : 5\r\n", kBlank},
                        {"Content-Length\t: 5\r\n", kBlank},
                        {"Content Length: 5\r\n", kName},
                        {"Content-Length\0: 5\r\n"s, kName},
                        {"\0Content-Length: 5\r\n"s, kName},
                        {"Content-Length\x7f: 5\r\n", kName},
                        {"Content-L\xc3\xa9ngth: 5\r\n", kName},
                        {"(A): 5\r\n", kName},
                        {": 5\r\n", "bad_request: header field 2 has no name"},
                        {"Content-Length\r\n", "bad_request: header field 2 has no colon"},
                        {"Content-Length\n", "bad_request: header field 2 has no colon"}});
}

TEST(Smuggling, FoldedLinesAreRefused) {
  constexpr auto kFolded = "bad_request: header field 3 line is folded or begins with white space";
  expect_lines_refused({{"A: b\r\n c\r\n", kFolded},
                        {"A: b\r\n\tc\r\n", kFolded},
                        {"A: b\r\n Content-Length: 5\r\n", kFolded},
                        {"A: b\r\n \r\n", kFolded}});
  expect_heads_refused({{"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
                         "bad_request: header field 1 line is folded or begins with white space"}});
}

TEST(Smuggling, BareLineEndsAreRefused) {
  constexpr auto kFeed = "bad_request: header field 2 ends in a line feed without a carriage return";
  constexpr auto kReturn = "bad_request: header field 2 has a carriage return without a line feed";
  expect_lines_refused({{"A: b\n", kFeed},
                        {"A: b\nContent-Length: 5\r\n", kFeed},
                        {"A: b\rContent-Length: 5\r\n", kReturn},
                        {"A: b\r\r\n", kReturn},
                        {"A:\rb\r\n", kReturn}});
  constexpr auto kLine = "bad_request: the request line does not end in CRLF";
  expect_heads_refused(
      {{"GET / HTTP/1.1\nHost: a\r\n\r\n", kLine},
       {"GET / HTTP/1.1\n\n", kLine},
       {"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "bad_request: the version is malformed"},
       {"GET / HTTP/1.1\r\nHost: a\r\n\n", "bad_request: header field 2 line is a bare line feed"},
       {"GET / HTTP/1.1\r\nHost: a\n\n",
        "bad_request: header field 1 ends in a line feed without a carriage return"}});
}

TEST(Smuggling, ControlCharactersInValuesAreRefusedWhereverTheyStand) {
  for (unsigned c = 0; c < 0x80; ++c) {
    if (c == '\t' || c == '\r' || c == '\n' || (c >= 0x20 && c != 0x7f)) continue;
    for (std::size_t before = 0; before < 18; ++before) {
      const auto line =
          "A: " + std::string(before, '\xff') + static_cast<char>(c) + std::string(9, 'x') + "\r\n";
      const auto why = refusal_of_request("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n");
      EXPECT_EQ(why, c == 0 ? "bad_request: header field 2 has a NUL in its value"
                            : "bad_request: header field 2 has a control character in its value");
    }
  }
}

TEST(Smuggling, HostIsThereOnceAndNothingButAHost) {
  expect_heads_refused(
      {{"GET / HTTP/1.1\r\n\r\n", "bad_request: Host is missing"},
       {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "bad_request: Host is given twice"},
       {"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "bad_request: Host is given twice"}});
  for (const auto* host : {"a b", "a,b", "a/b", "user@a", "a?b", "a#b", "a\\b", "\xc3\xa9", "a\"b"}) {
    expect_heads_refused(
        {{"GET / HTTP/1.1\r\nHost: "s + host + "\r\n\r\n", "bad_request: Host has a forbidden character"}});
  }
}

TEST(Smuggling, WhoReadsTheFirstAndWhoTheLastSeesTheSameUserAndBody) {
  expect_lines_refused({{"Authorization: Basic YTpi\r\nAuthorization: Negotiate TlRMTQ==\r\n",
                         "bad_request: Authorization is given twice"},
                        {"Content-Type: text/xml\r\nContent-Type: multipart/encrypted\r\n",
                         "bad_request: Content-Type is given twice"}});
}

TEST(Smuggling, ConnectionIsAListOfNames) {
  constexpr auto kName = "bad_request: header field 2 has an option that is not a name";
  for (const auto* value : {"\"close\"", "\"a, close\"", "keep-alive;q=1", "a b", "close/", "a, \xff"}) {
    expect_lines_refused({{"Connection: "s + value + "\r\n", kName}});
    expect_lines_refused({{"Proxy-Connection: "s + value + "\r\n", kName}});
  }
}

TEST(Smuggling, RequestLineIsThreeWordsWithOneSpaceBetween) {
  constexpr auto kMethod = "bad_request: the request does not begin with a method";
  constexpr auto kTarget = "bad_request: the request line has no target, or more than one space before it";
  constexpr auto kCharacter = "bad_request: the target has a forbidden character";
  constexpr auto kVersion = "bad_request: the version is malformed";
  const auto heads = std::vector<Refused>{
      {"GET  / HTTP/1.1", kTarget},
      {"GET\t/ HTTP/1.1", kMethod},
      {"G(T / HTTP/1.1", kMethod},
      {"G\xc9T / HTTP/1.1", kMethod},
      {"GET", "bad_request: the request line has no target"},
      {"GET ", kTarget},
      {"GET /  HTTP/1.1", kVersion},
      {"GET / HTTP/1.1 ", kVersion},
      {"GET / x HTTP/1.1", kVersion},
      {"GET / http/1.1", kVersion},
      {"GET / HTTP/1,1", kVersion},
      {"GET / ICY/1.1", kVersion},
      {"GET / ", kVersion},
      {"GET /\t HTTP/1.1", kCharacter},
      {"GET /\x01 HTTP/1.1", kCharacter},
      {"GET /\0 HTTP/1.1"s, kCharacter},
      {"GET /\x7f HTTP/1.1", kCharacter},
      {"GET /\xc3\xa9 HTTP/1.1", kCharacter},
      {"get / HTTP/1.1", "bad_request: the method is not in upper case"},
      {"Head / HTTP/1.1", "bad_request: the method is not in upper case"},
      {"GET wsman HTTP/1.1", "bad_request: the target is neither a path nor an http URL"},
      {"GET ps1:5985 HTTP/1.1", "bad_request: the target is neither a path nor an http URL"},
      {"GET ftp://ps1/ HTTP/1.1", "bad_request: the target is neither a path nor an http URL"},
      {"GET http:///wsman HTTP/1.1", "bad_request: the target is neither a path nor an http URL"},
      {"GET http:// HTTP/1.1", "bad_request: the target is neither a path nor an http URL"},
      {"GET * HTTP/1.1", "bad_request: the target * is for OPTIONS only"},
      {"CONNECT ps1:5985 HTTP/1.1", "not_implemented: CONNECT is not for this service"},
      {"connect ps1:5985 HTTP/1.1", "bad_request: the method is not in upper case"},
  };
  for (const auto& [line, why] : heads) {
    EXPECT_EQ(refusal_of_request(line + "\r\nHost: ps1\r\n\r\n"), why) << line;
  }
}

TEST(Smuggling, OtherVersionsAreRefusedAsSuch) {
  constexpr auto kVersion = "version_not_supported: the version is neither HTTP/1.1 nor HTTP/1.0";
  for (const auto* version :
       {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/2", "HTTP/3", "HTTP/1.10", "HTTP/11.1", "HTTP/"}) {
    EXPECT_EQ(refusal_of_request("GET / "s + version + "\r\nHost: a\r\n\r\n"), kVersion) << version;
  }
  EXPECT_EQ(refusal_of_request("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), kVersion);
  EXPECT_EQ(refusal_of_request("GET /\r\n\r\n"),
            "version_not_supported: the request line has no version: HTTP/0.9 is not spoken here");
}

TEST(Smuggling, WhatIsNoHttpAtAllIsRefusedAtItsFirstByte) {
  EXPECT_EQ(refusal_of_request("\x16\x03\x01\x02"),
            "bad_request: a TLS handshake where plain HTTP is spoken");
  EXPECT_EQ(refusal_of_request("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "bad_request: the request line does not end in CRLF");
  EXPECT_EQ(refusal_of_request(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            "bad_request: the request line does not end in CRLF");
}

TEST(Smuggling, NothingAfterTheEmptyLineBelongsToTheHead) {
  Fields fields;
  const auto head = parse_request("GET / HTTP/1.1\r\nHost: a\r\n\r\nA: b\r\n\r\n", {}, fields);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().detail, "the head goes on after its empty line");
  EXPECT_FALSE(parse_request("", {}, fields));
}

TEST(Smuggling, RefusalsNeverEchoWhatWasSent) {
  const auto why = refusal_of_request(
      "POST / HTTP/1.1\r\nHost: a\r\nAuthorization : Basic c2VjcmV0\r\nAuthorization: Basic "
      "c2VjcmV0\r\n\r\n");
  EXPECT_EQ(why.find("c2VjcmV0"), why.npos);
  EXPECT_NE(why, "accepted");
}

}  // namespace
}  // namespace winrmlb::http
