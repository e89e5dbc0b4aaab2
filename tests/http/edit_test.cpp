#include "winrmlb/http/edit.h"

#include <gtest/gtest.h>

#include "http/http_support.h"

namespace winrmlb::http {
namespace {

constexpr std::string_view kHead = "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n";

std::string joined(Edit& edit) {
  std::string out;
  for (const auto piece : edit.pieces()) {
    EXPECT_FALSE(piece.empty());
    out += piece;
  }
  EXPECT_EQ(out.size(), edit.bytes());
  return out;
}

std::string_view line(std::string_view text) { return kHead.substr(kHead.find(text), text.size()); }

// The head as it goes out after hop-by-hop removal, or "code: detail".
std::string forwarded(std::string_view lines) {
  const auto parsed = request("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n");
  EXPECT_TRUE(parsed.head) << lines;
  if (!parsed.head) return "refused by the parser";
  Edit edit(parsed.head->bytes);
  const auto status = remove_hop_by_hop(edit, *parsed.fields, Side::Client);
  if (!status) return std::string(name_of(status.error().code)) + ": " + status.error().detail;
  const auto out = joined(edit);
  EXPECT_EQ(refusal_of_request(out), "accepted");
  constexpr std::size_t kBefore = 25;
  return out.substr(kBefore, out.size() - kBefore - 2);
}

TEST(Edit, UntouchedHeadIsOnePiece) {
  Edit edit(kHead);
  ASSERT_EQ(edit.pieces().size(), 1U);
  EXPECT_EQ(edit.pieces()[0].data(), kHead.data());
  EXPECT_EQ(joined(edit), kHead);
}

TEST(Edit, LinesGoInAnyOrderAndMoreThanOnce) {
  Edit edit(kHead);
  EXPECT_TRUE(edit.remove(line("C: 3\r\n")));
  EXPECT_TRUE(edit.remove(line("A: 1\r\n")));
  EXPECT_TRUE(edit.remove(line("C: 3\r\n")));
  EXPECT_EQ(joined(edit), "GET / HTTP/1.1\r\nHost: a\r\nB: 2\r\n\r\n");
  EXPECT_TRUE(edit.remove(line("B: 2\r\n")));
  EXPECT_EQ(joined(edit), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(edit.pieces().size(), 2U);
}

TEST(Edit, LinesAreAddedBeforeTheEmptyLine) {
  Edit edit(kHead);
  edit.add("X-Forwarded-For: 10.0.0.1\r\n");
  EXPECT_EQ(joined(edit),
            "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n");
  EXPECT_TRUE(edit.remove(line("C: 3\r\n")));
  EXPECT_EQ(joined(edit), "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n");
}

TEST(Edit, SixteenRemovalsFitAndSeventeenDoNot) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 20; ++i)
    head += "A: b\r\nB: c\r\n";
  head += "\r\n";
  const auto nth = [&head](std::size_t i) { return std::string_view(head).substr(16 + i * 12, 6); };
  for (const bool backwards : {false, true}) {
    Edit edit(head);
    for (std::size_t i = 0; i < 16; ++i)
      EXPECT_TRUE(edit.remove(nth(backwards ? 16 - i : i)));
    EXPECT_FALSE(edit.remove(nth(backwards ? 0 : 16)));
    // One that meets another needs no room of its own.
    EXPECT_TRUE(edit.remove(std::string_view(head).substr(16 + 12 * 2 + 6, 6)));
    edit.add("X: y\r\n");
    EXPECT_LE(edit.pieces().size(), Edit::kMaxPieces);
    EXPECT_EQ(joined(edit).size(), head.size() - 17 * 6 + 6);
  }
}

TEST(Edit, NeighboursNeedRoomForOneOnly) {
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 40; ++i)
    head += "A: b\r\n";
  head += "\r\n";
  for (const bool backwards : {false, true}) {
    Edit edit(head);
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_TRUE(edit.remove(std::string_view(head).substr(16 + (backwards ? 39 - i : i) * 6, 6)));
    }
    EXPECT_EQ(joined(edit), "GET / HTTP/1.1\r\n\r\n");
  }
}

TEST(HopByHop, EndsAtTheBalancer) {
  EXPECT_EQ(
      forwarded("Keep-Alive: timeout=5\r\nProxy-Connection: x\r\nTE: trailers\r\nUpgrade: h2c\r\nB: c\r\n"),
      "B: c\r\n");
  EXPECT_EQ(forwarded("Connection: X-One, x-two\r\nX-One: 1\r\nB: c\r\nX-TWO: 2\r\nx-one: 3\r\n"),
            "B: c\r\n");
  EXPECT_EQ(forwarded("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"), "");
  EXPECT_EQ(forwarded("Connection:\r\nB: c\r\n"), "B: c\r\n");
  EXPECT_EQ(forwarded("Connection: connection\r\nB: c\r\n"), "B: c\r\n");
}

TEST(HopByHop, CloseAndKeepAliveAreMirrored) {
  EXPECT_EQ(forwarded("Connection: close\r\n"), "Connection: close\r\n");
  EXPECT_EQ(forwarded("Connection: Keep-Alive\r\nKeep-Alive: timeout=5\r\n"), "Connection: Keep-Alive\r\n");
  EXPECT_EQ(forwarded("TE: deflate\r\nConnection: TE, close\r\n"), "Connection: close\r\n");
  EXPECT_EQ(forwarded("TE: deflate\r\nConnection: close ,\tTE\r\n"), "Connection: close\r\n");
  EXPECT_EQ(forwarded("Connection: a, close,b ,,c, keep-alive, d\r\n"), "Connection: close, keep-alive\r\n");
  EXPECT_EQ(forwarded("Connection: a, close, keep-alive\r\n"), "Connection: close, keep-alive\r\n");
  EXPECT_EQ(forwarded("Connection: close, connection\r\n"), "Connection: close\r\n");
  EXPECT_EQ(forwarded("Connection: TE\r\nConnection: close\r\n"), "Connection: close\r\n");
}

TEST(HopByHop, NothingEssentialCanBeNamedAway) {
  constexpr auto kForbidden = "bad_request: Connection names a field that must not be taken out";
  EXPECT_EQ(forwarded("Connection: host\r\n"), kForbidden);
  EXPECT_EQ(forwarded("Content-Length: 0\r\nConnection: close, Content-Length\r\n"), kForbidden);
  EXPECT_EQ(forwarded("Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\n"), kForbidden);
  EXPECT_EQ(forwarded("Connection: Content-Type\r\nContent-Type: text/xml\r\n"), kForbidden);
  EXPECT_EQ(forwarded("Connection: authorization\r\nAuthorization: Basic x\r\n"), kForbidden);
  EXPECT_EQ(forwarded("Connection: X-Forwarded-For\r\nX-Forwarded-For: 10.0.0.1\r\n"), kForbidden);
  EXPECT_EQ(forwarded("Connection: WSMANIDENTIFY\r\nWSMANIDENTIFY: unauthenticated\r\n"), kForbidden);
}

TEST(HopByHop, TooManyAreRefused) {
  std::string lines = "Connection: X\r\nY: 2\r\n";
  for (int i = 0; i < 16; ++i)
    lines += "X: 1\r\nY: 2\r\n";
  EXPECT_EQ(forwarded(lines), "bad_request: too many fields end at this connection");
}

TEST(HopByHop, OfAResponseIsAnErrorOfTheServer) {
  const auto parsed = response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Content-Length\r\n\r\n");
  ASSERT_TRUE(parsed.head);
  Edit edit(parsed.head->bytes);
  const auto status = remove_hop_by_hop(edit, *parsed.fields, Side::Server);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::BadResponse);
  EXPECT_EQ(status.error().side, Side::Server);
}

}  // namespace
}  // namespace winrmlb::http
