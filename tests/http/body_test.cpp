#include "winrmlb/http/body.h"

#include <gtest/gtest.h>

#include "http/http_support.h"

namespace winrmlb::http {
namespace {

using namespace std::string_literals;

BodyReader reader(Framing framing, std::uint64_t length = 0, std::uint64_t limit = 0,
                  Side side = Side::Client) {
  Limits limits;
  limits.body_bytes = limit;
  return {framing, length, side, limits};
}

BodyReader chunked(std::uint64_t limit = 0) { return reader(Framing::Chunked, 0, limit); }

std::string refusal_of(std::string_view body, std::uint64_t limit = 0) {
  const auto outcome = feed_every_way(chunked(limit), body);
  return outcome.refusal.empty() ? "accepted" : outcome.refusal;
}

BodyOutcome whole(std::size_t bytes, std::string content) { return {true, bytes, std::move(content), {}}; }

// ---- length, close, none
// --------------------------------------------------------------------------------------

TEST(Body, WithoutFramingIsDoneAtOnce) {
  EXPECT_EQ(feed_every_way(BodyReader(), "next"), whole(0, ""));
  EXPECT_EQ(feed_every_way(reader(Framing::None), "next"), whole(0, ""));
  EXPECT_EQ(feed_every_way(reader(Framing::Length, 0), "next"), whole(0, ""));
}

TEST(Body, OfALengthEndsThere) {
  EXPECT_EQ(feed_every_way(reader(Framing::Length, 5), "hellonext"), whole(5, "hello"));
  auto body = reader(Framing::Length, 5);
  EXPECT_EQ(body.declared_left(), 5U);
  ASSERT_TRUE(body.take("hel"));
  EXPECT_EQ(body.declared_left(), 2U);
  EXPECT_FALSE(body.done());
  body.skip(2);
  EXPECT_TRUE(body.done());
  EXPECT_EQ(body.declared_left(), 0U);
  EXPECT_EQ(body.content_bytes(), 5U);
}

TEST(Body, UntilCloseTakesEverything) {
  auto body = reader(Framing::UntilClose);
  EXPECT_EQ(feed_every_way(body, "hello"), (BodyOutcome{false, 5, "hello", {}}));
  EXPECT_EQ(body.declared_left(), std::nullopt);
  EXPECT_TRUE(body.finish());
  EXPECT_TRUE(body.done());
}

TEST(Body, CutShortIsAnErrorOfItsSide) {
  for (const auto side : {Side::Client, Side::Server}) {
    for (const auto framing : {Framing::Length, Framing::Chunked}) {
      auto body = reader(framing, 5, 0, side);
      ASSERT_TRUE(body.take("4"));
      const auto end = body.finish();
      ASSERT_FALSE(end);
      EXPECT_EQ(end.error().code, side == Side::Client ? ErrorCode::BadRequest : ErrorCode::ResetByServer);
      EXPECT_EQ(end.error().side, side);
    }
  }
  auto done = reader(Framing::Length, 1);
  ASSERT_TRUE(done.take("x"));
  EXPECT_TRUE(done.finish());
}

// ---- chunked
// --------------------------------------------------------------------------------------------------

TEST(Body, ChunksAreTakenToTheLastByteOfTheTrailerSection) {
  EXPECT_EQ(feed_every_way(chunked(), "0\r\n\r\nnext"), whole(5, ""));
  EXPECT_EQ(feed_every_way(chunked(), "5\r\nhello\r\n0\r\n\r\nnext"), whole(15, "hello"));
  EXPECT_EQ(feed_every_way(chunked(), "005\r\nhello\r\nA\r\n 0123\r\n456\r\n000\r\n\r\n"),
            whole(34, "hello 0123\r\n456"));
}

TEST(Body, UnfinishedChunksAreWaitedFor) {
  const std::string body = "3;a=\"b\\\"\"\r\nabc\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const auto outcome = feed_every_way(chunked(), body.substr(0, size));
    EXPECT_FALSE(outcome.done) << size;
    EXPECT_EQ(outcome.refusal, "");
    EXPECT_EQ(outcome.bytes, size);
  }
  EXPECT_EQ(feed_every_way(chunked(), body), whole(body.size(), "abc"));
}

TEST(Body, ContentComesAsViewsRunByRun) {
  auto body = chunked();
  const std::string_view input = "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  const auto first = body.take(input, BodyReader::Stop::AtContent);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->content, "abc");
  EXPECT_EQ(first->content.data(), input.data() + 3);
  EXPECT_EQ(first->bytes, 6U);
  const auto second = body.take(input.substr(6), BodyReader::Stop::AtContent);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->content, "de");
  const auto rest = body.take(input.substr(6 + second->bytes), BodyReader::Stop::AtContent);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->content, "");
  EXPECT_TRUE(body.done());
}

TEST(Body, ChunkSizeIsAPlainHexadecimalNumber) {
  constexpr auto kPlain = "bad_request: a chunk size is not a plain hexadecimal number";
  constexpr auto kNone = "bad_request: a chunk does not begin with its size";
  for (const auto* size : {"", "+1", "-1", " 1", "\t1", "x1", ";", "\n", "\r\n", "g"}) {
    EXPECT_EQ(refusal_of(size + "\r\na\r\n0\r\n\r\n"s), kNone) << size;
  }
  for (const auto* size : {"0x1", "1 ", "1\t", "1_", "1.", "1,", "1g", "1 ;a", "1\n"}) {
    EXPECT_EQ(refusal_of(size + "\r\na\r\n0\r\n\r\n"s), kPlain) << size;
  }
  EXPECT_EQ(refusal_of("1\0\r\na\r\n0\r\n\r\n"s), kPlain);
}

TEST(Body, ChunkSizeOverflowIsRejected) {
  constexpr auto kDigits = "bad_request: a chunk size has too many digits";
  constexpr auto kLarge = "bad_request: a chunk size is too large";
  EXPECT_EQ(refusal_of("7fffffffffffffff\r\n"), "accepted");
  EXPECT_EQ(refusal_of("8000000000000000\r\n"), kLarge);
  EXPECT_EQ(refusal_of("ffffffffffffffff\r\n"), kLarge);
  EXPECT_EQ(refusal_of("10000000000000001\r\n"), kDigits);
  EXPECT_EQ(refusal_of("0000000000000001\r\n"), "accepted");
  EXPECT_EQ(refusal_of("00000000000000001\r\n"), kDigits);
}

TEST(Body, ChunksEndInCrlfAndNothingElse) {
  EXPECT_EQ(refusal_of("1\ra\r\n"), "bad_request: a chunk-size line does not end in CRLF");
  EXPECT_EQ(refusal_of("1\r\nab\r\n"), "bad_request: a chunk is longer than its size says");
  EXPECT_EQ(refusal_of("1\r\na\n0\r\n\r\n"), "bad_request: a chunk is longer than its size says");
  EXPECT_EQ(refusal_of("1\r\na\rb"), "bad_request: the data of a chunk do not end in CRLF");
  EXPECT_EQ(refusal_of("0\r\n\rx"), "bad_request: the trailer section does not end in CRLF");
  EXPECT_EQ(refusal_of("0\r\n\n"), "bad_request: a trailer field has a malformed name");
}

TEST(Body, ExtensionsArePassedOverIfWellFormed) {
  for (const auto* extension : {";a", ";a=b", ";a=\"b\"", ";a=\"b;\\\"\t\xff\";c", ";a;b=c;d", ";a=\"\""}) {
    EXPECT_EQ(refusal_of("1"s + extension + "\r\na\r\n0" + extension + "\r\n\r\n"), "accepted") << extension;
  }
  constexpr auto kMalformed = "bad_request: a chunk extension is malformed";
  for (const auto* extension : {";", ";;a", ";a;", ";a=", ";=b", "; a", ";a =b", ";a= b", ";a\n", ";a=b\n",
                                ";a=\"b\"c", ";a=\"b\"=c", ";a=b=c", ";a=b\"c\"", ";\x01", ";a=b c"}) {
    EXPECT_EQ(refusal_of("1"s + extension + "\r\na\r\n0\r\n\r\n"), kMalformed) << extension;
  }
  constexpr auto kControl = "bad_request: a chunk extension has a control character";
  for (const auto* extension : {";a=\"\n\"", ";a=\"\r\n\"", ";a=\"\\\r\"", ";a=\"b", ";a=\"\x7f\""}) {
    EXPECT_EQ(refusal_of("1"s + extension + "\r\na\r\n0\r\n\r\n"), kControl) << extension;
  }
}

TEST(Body, ChunkSizeLineIsTakenUpToItsLimit) {
  const auto body = [](std::size_t bytes) {
    return "1;" + std::string(bytes - 2, 'x') + "\r\na\r\n0\r\n\r\n";
  };
  EXPECT_EQ(refusal_of(body(kChunkLineBytes)), "accepted");
  EXPECT_EQ(refusal_of(body(kChunkLineBytes + 1)), "bad_request: a chunk-size line is too long");
  // Each line for itself.
  auto two = body(kChunkLineBytes);
  two.resize(two.size() - 5);
  EXPECT_EQ(refusal_of(two + body(kChunkLineBytes)), "accepted");
}

TEST(Body, TrailersAreHeldToTheRulesOfFields) {
  EXPECT_EQ(refusal_of("0\r\nA: b\r\nDigest:\t\xff \r\nX-Transfer-Encoding: c\r\nB:\r\n\r\n"), "accepted");
  // A name is not taken for its end.
  EXPECT_EQ(refusal_of("0\r\n" + std::string(256, 'x') + "te: 5\r\n\r\n"), "accepted");
  constexpr auto kName = "bad_request: a trailer field has a malformed name";
  for (const auto* line :
       {"A : b\r\n", " b\r\n", "A: b\r\n c\r\n", ": b\r\n", "A\r\n", "A b: c\r\n", "\n", "A\n"}) {
    EXPECT_EQ(refusal_of("0\r\n"s + line + "\r\n"), kName) << line;
  }
  EXPECT_EQ(refusal_of("0\r\nA: b\n\r\n"), "bad_request: a trailer field has a control character");
  EXPECT_EQ(refusal_of("0\r\nA: b\x01\r\n\r\n"), "bad_request: a trailer field has a control character");
  EXPECT_EQ(refusal_of("0\r\nA: b\rB: c\r\n\r\n"), "bad_request: a trailer field does not end in CRLF");
}

TEST(Body, WhatFramesRoutesOrLogsInMayNotComeInATrailer) {
  for (const auto* name :
       {"Content-Length", "transfer-encoding", "Host", "Authorization", "TE", "Set-Cookie"}) {
    EXPECT_EQ(refusal_of("0\r\nA: b\r\n"s + name + ": 5\r\n\r\n"),
              "bad_request: a trailer field is one that may stand in the head only")
        << name;
  }
}

TEST(Body, TrailerSectionIsTakenUpToItsLimit) {
  const auto body = [](std::size_t bytes) {
    return "0\r\nA: b\r\nC: " + std::string(bytes - 11, 'x') + "\r\n\r\n";
  };
  const auto outcome = [](const std::string& text) {
    const auto result = feed(chunked(), {text});
    return result.refusal.empty() && result.done ? "accepted" : result.refusal;
  };
  EXPECT_EQ(outcome(body(kTrailerBytes)), "accepted");
  EXPECT_EQ(outcome(body(kTrailerBytes + 1)), "bad_request: the trailer section is too long");
}

// ---- the limit of a body
// ----------------------------------------------------------------------------------------

TEST(Body, IsTakenUpToItsLimit) {
  constexpr auto kLarge = "body_too_large: the body is too large";
  EXPECT_EQ(feed_every_way(reader(Framing::Length, 5, 5), "hello").refusal, "");
  EXPECT_EQ(feed_every_way(reader(Framing::Length, 6, 5), "").refusal, kLarge);
  EXPECT_EQ(feed_every_way(reader(Framing::UntilClose, 0, 5), "hello").refusal, "");
  EXPECT_EQ(feed_every_way(reader(Framing::UntilClose, 0, 5), "hello!").refusal, kLarge);
  EXPECT_EQ(refusal_of("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 5), "accepted");
  EXPECT_EQ(refusal_of("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", 5), kLarge);
  EXPECT_EQ(refusal_of("3\r\nabc\r\n7fffffffffffffff\r\n", 5), kLarge);
}

TEST(Body, RefusalLastsAndNamesItsSide) {
  auto body = reader(Framing::Chunked, 0, 0, Side::Server);
  ASSERT_FALSE(body.take("x"));
  const auto again = body.take("0\r\n\r\n");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::BadResponse);
  EXPECT_EQ(again.error().side, Side::Server);
  EXPECT_FALSE(body.finish());
  EXPECT_FALSE(body.done());
}

}  // namespace
}  // namespace winrmlb::http
