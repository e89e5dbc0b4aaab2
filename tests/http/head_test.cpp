#include "winrmlb/http/head.h"

#include <gtest/gtest.h>

#include "http/http_support.h"

namespace winrmlb::http {
namespace {

constexpr std::string_view kPost =
    "POST /wsman HTTP/1.1\r\n"
    "Connection: Keep-Alive\r\n"
    "Content-Type: application/soap+xml;charset=UTF-8\r\n"
    "User-Agent: Microsoft WinRM Client\r\n"
    "Content-Length: 1500\r\n"
    "Host: 10.0.0.11:5985\r\n"
    "\r\n";

std::string post_with(std::string_view lines) {
  return "POST /wsman HTTP/1.1\r\nHost: ps1\r\n" + std::string(lines) + "\r\n";
}

// ---- where a head ends
// --------------------------------------------------------------------------------------

TEST(HeadEnd, IsAfterTheEmptyLineHoweverTheBytesCome) {
  EXPECT_EQ(find_every_way(kPost), kPost.size());
  std::string with_body(kPost);
  with_body += "<env:Envelope>\r\n\r\n";
  EXPECT_EQ(find_every_way(with_body), kPost.size());
}

TEST(HeadEnd, LoneLineFeedsEndAHeadSoThatItIsRefusedAtOnce) {
  EXPECT_EQ(find_every_way("GET / HTTP/1.1\n\nrest"), 16U);
  EXPECT_EQ(find_every_way("GET / HTTP/1.1\n\r\nrest"), 17U);
  EXPECT_EQ(find_every_way("GET / HTTP/1.1\r\n\nrest"), 17U);
}

TEST(HeadEnd, IsNotFoundInAnUnfinishedHead) {
  for (const auto* text : {"", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nA: b\r\n\r", "GET /\n\r\r\n"}) {
    EXPECT_EQ(find_every_way(text), std::nullopt) << text;
  }
}

TEST(HeadEnd, AFirstByteThatCannotBeginAHeadIsNotWaitedOn) {
  for (const auto* text : {"\r\n", "\nGET / HTTP/1.1", " GET", "\x16\x03\x01\x02", "\xff", ":"}) {
    EXPECT_EQ(find_every_way(text), 1U) << text;
  }
}

TEST(HeadEnd, BeginsAnewAfterReset) {
  HeadEnd end;
  EXPECT_EQ(end.find(kPost), kPost.size());
  end.reset();
  EXPECT_EQ(end.find("GET / HTTP/1.1\r\n\r\n"), 18U);
}

// ---- requests
// -----------------------------------------------------------------------------------------------

TEST(RequestHead, IsReadIntoViewsOfItsBytes) {
  const auto parsed = request(kPost);
  ASSERT_TRUE(parsed.head);
  EXPECT_EQ(parsed.head->method, Method::Post);
  EXPECT_EQ(parsed.head->method_text, "POST");
  EXPECT_EQ(parsed.head->target, "/wsman");
  EXPECT_EQ(parsed.head->minor_version, 1);
  EXPECT_EQ(parsed.head->framing, Framing::Length);
  EXPECT_EQ(parsed.head->content_length, 1500U);
  EXPECT_TRUE(parsed.head->keep_alive);
  EXPECT_FALSE(parsed.head->expects_continue);
  EXPECT_EQ(parsed.head->start_line, "POST /wsman HTTP/1.1\r\n");
  EXPECT_EQ(parsed.head->bytes, kPost);
  EXPECT_EQ(parsed.head->bytes.data(), parsed.bytes.data());

  ASSERT_EQ(parsed.fields->count, 5);
  const auto* type = parsed.fields->find(FieldName::ContentType);
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->name, "Content-Type");
  EXPECT_EQ(type->value, "application/soap+xml;charset=UTF-8");
  EXPECT_EQ(type->line, "Content-Type: application/soap+xml;charset=UTF-8\r\n");
  EXPECT_EQ(parsed.fields->find(FieldName::Authorization), nullptr);
}

TEST(RequestHead, KnownFieldsAreKnownInAnyCase) {
  const std::pair<std::string_view, FieldName> names[] = {
      {"Host", FieldName::Host},
      {"Connection", FieldName::Connection},
      {"Content-Length", FieldName::ContentLength},
      {"Transfer-Encoding", FieldName::TransferEncoding},
      {"Content-Type", FieldName::ContentType},
      {"Expect", FieldName::Expect},
      {"Authorization", FieldName::Authorization},
      {"WWW-Authenticate", FieldName::WwwAuthenticate},
      {"Keep-Alive", FieldName::KeepAlive},
      {"Proxy-Connection", FieldName::ProxyConnection},
      {"TE", FieldName::Te},
      {"Trailer", FieldName::Trailer},
      {"Upgrade", FieldName::Upgrade},
      {"User-Agent", FieldName::UserAgent},
      {"Cookie", FieldName::Cookie},
      {"Set-Cookie", FieldName::SetCookie},
      {"X-Forwarded-For", FieldName::XForwardedFor},
      {"Forwarded", FieldName::Forwarded},
      {"Content-Encoding", FieldName::ContentEncoding},
      {"WSMANIDENTIFY", FieldName::WsmanIdentify},
      {"Accept", FieldName::Other},
      {"Hosts", FieldName::Other},
      {"Hose", FieldName::Other},
  };
  for (const auto& [name, known] : names) {
    for (const bool lower : {false, true}) {
      std::string sent(name);
      if (lower) std::transform(sent.begin(), sent.end(), sent.begin(), ::tolower);
      const bool framing = known == FieldName::ContentLength || known == FieldName::TransferEncoding;
      const auto value = known == FieldName::ContentLength ? "1" : framing ? "chunked" : "x";
      const auto host = known == FieldName::Host ? "" : "Host: a\r\n";
      const auto parsed =
          request("PUT / HTTP/1.1\r\n" + std::string(host) + sent + ": " + value + "\r\n\r\n");
      ASSERT_TRUE(parsed.head) << sent;
      EXPECT_EQ(parsed.fields->all().back().known, known) << sent;
    }
  }
}

TEST(RequestHead, ValuesLoseTheWhiteSpaceAroundThemOnly) {
  const auto parsed = request(post_with("A:b\r\nB: \t c \t d\t \r\nC:\r\nD: \t \r\nE: \x80\xff~\r\n"));
  ASSERT_TRUE(parsed.head);
  ASSERT_EQ(parsed.fields->count, 6);
  EXPECT_EQ(parsed.fields->storage[1].value, "b");
  EXPECT_EQ(parsed.fields->storage[2].value, "c \t d");
  EXPECT_EQ(parsed.fields->storage[2].line, "B: \t c \t d\t \r\n");
  EXPECT_EQ(parsed.fields->storage[3].value, "");
  EXPECT_EQ(parsed.fields->storage[4].value, "");
  EXPECT_EQ(parsed.fields->storage[5].value, "\x80\xff~");
}

TEST(RequestHead, FieldsOfTheLastHeadAreForgotten) {
  Fields fields;
  ASSERT_TRUE(parse_request(kPost, {}, fields));
  EXPECT_EQ(fields.count, 5);
  ASSERT_TRUE(parse_request("GET / HTTP/1.0\r\n\r\n", {}, fields));
  EXPECT_EQ(fields.count, 0);
  EXPECT_EQ(fields.find(FieldName::Host), nullptr);
}

TEST(RequestHead, MethodsAreKnownOrOther) {
  const std::pair<std::string_view, Method> methods[] = {
      {"GET", Method::Get},     {"HEAD", Method::Head},      {"POST", Method::Post},
      {"PUT", Method::Put},     {"DELETE", Method::Delete},  {"OPTIONS", Method::Options},
      {"PATCH", Method::Patch}, {"PROPFIND", Method::Other}, {"M-SEARCH", Method::Other},
  };
  for (const auto& [text, method] : methods) {
    const auto parsed = request(std::string(text) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(parsed.head) << text;
    EXPECT_EQ(parsed.head->method, method);
    EXPECT_EQ(parsed.head->method_text, text);
  }
}

TEST(RequestHead, TargetIsKeptAsSent) {
  for (const std::string_view target :
       {"/", "/wsman?PSVersion=5.1", "//a", "http://ps1:5985/wsman", "HTTPS://ps1/wsman",
        "/wsman/subscriptions/2D2B%2d", "/a?b=c|d^e\"<>{}`\\[]#f"}) {
    const auto parsed = request("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(parsed.head) << target;
    EXPECT_EQ(parsed.head->target, target);
  }
  EXPECT_EQ(refusal_of_request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "accepted");
}

TEST(RequestHead, BodyFramingFollowsTheFields) {
  const auto framing = [](std::string_view lines) {
    const auto parsed = request(post_with(lines));
    EXPECT_TRUE(parsed.head) << lines;
    return parsed.head ? std::pair(parsed.head->framing, parsed.head->content_length)
                       : std::pair(Framing::None, 77UL);
  };
  EXPECT_EQ(framing(""), std::pair(Framing::None, 0UL));
  EXPECT_EQ(framing("Content-Length: 0\r\n"), std::pair(Framing::Length, 0UL));
  EXPECT_EQ(framing("Content-Length:9223372036854775807 \r\n"),
            std::pair(Framing::Length, 9223372036854775807UL));
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\n"), std::pair(Framing::Chunked, 0UL));
  EXPECT_EQ(framing("Transfer-Encoding: Chunked\r\n"), std::pair(Framing::Chunked, 0UL));
}

TEST(RequestHead, StaysOpenAsRfc9112Says) {
  const auto keeps = [](std::string_view version, std::string_view lines) {
    const auto parsed =
        request("GET / " + std::string(version) + "\r\nHost: a\r\n" + std::string(lines) + "\r\n");
    EXPECT_TRUE(parsed.head);
    return parsed.head && parsed.head->keep_alive;
  };
  EXPECT_TRUE(keeps("HTTP/1.1", ""));
  EXPECT_TRUE(keeps("HTTP/1.1", "Connection: Keep-Alive\r\n"));
  EXPECT_TRUE(keeps("HTTP/1.1", "Connection: closed, x\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.1", "Connection: keep-alive\r\nConnection: TE,\t,CLOSE\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", ""));
  EXPECT_TRUE(keeps("HTTP/1.0", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("HTTP/1.0", "Connection: keep-alive, close\r\n"));
}

TEST(RequestHead, ExpectationCountsOnlyWithABodyToCome) {
  const auto expects = [](std::string_view message) {
    const auto parsed = request(message);
    EXPECT_TRUE(parsed.head) << message;
    return parsed.head && parsed.head->expects_continue;
  };
  EXPECT_TRUE(expects(post_with("Expect: 100-Continue\r\nContent-Length: 5\r\n")));
  EXPECT_TRUE(expects(post_with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")));
  EXPECT_FALSE(expects(post_with("Expect: 100-continue\r\n")));
  EXPECT_FALSE(expects(post_with("Expect: 100-continue\r\nContent-Length: 0\r\n")));
  EXPECT_FALSE(expects(post_with("Expect: 200-ok\r\nContent-Length: 5\r\n")));
  EXPECT_FALSE(expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
}

TEST(RequestHead, HostIsOptionalInHttp10) {
  EXPECT_EQ(refusal_of_request("GET / HTTP/1.0\r\n\r\n"), "accepted");
  EXPECT_EQ(refusal_of_request("GET / HTTP/1.1\r\nHost:\r\n\r\n"), "accepted");
  EXPECT_EQ(refusal_of_request("GET / HTTP/1.1\r\nHost: [2001:db8::1]:5985\r\n\r\n"), "accepted");
}

// ---- limits
// -------------------------------------------------------------------------------------------------

TEST(RequestHead, SizeIsTakenUpToItsLimit) {
  Limits limits;
  limits.head_bytes = static_cast<std::uint32_t>(kPost.size());
  EXPECT_EQ(refusal_of_request(kPost, limits), "accepted");
  --limits.head_bytes;
  EXPECT_EQ(refusal_of_request(kPost, limits), "head_too_large: the head is too large");
}

TEST(RequestHead, FieldsAreTakenUpToTheirLimit) {
  const auto head_with = [](unsigned fields) {
    std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (unsigned i = 1; i < fields; ++i)
      head += "A: b\r\n";
    return head + "\r\n";
  };
  EXPECT_EQ(refusal_of_request(head_with(100)), "accepted");
  EXPECT_EQ(refusal_of_request(head_with(101)), "head_too_large: the head has too many fields");
  Limits limits;
  limits.fields = 5000;  // more than there is room for
  EXPECT_EQ(refusal_of_request(head_with(kMaxFields), limits), "accepted");
  EXPECT_EQ(refusal_of_request(head_with(kMaxFields + 1), limits),
            "head_too_large: the head has too many fields");
}

TEST(RequestHead, TargetIsTakenUpToItsLimit) {
  Limits limits;
  limits.target_bytes = 20;
  const auto head_with = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(refusal_of_request(head_with(20), limits), "accepted");
  EXPECT_EQ(refusal_of_request(head_with(21), limits), "uri_too_long: the target is too long");
}

TEST(RequestHead, MethodIsTakenUpToItsLimit) {
  const auto head_with = [](std::size_t bytes) {
    return std::string(bytes, 'M') + " / HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(refusal_of_request(head_with(kMethodBytes)), "accepted");
  EXPECT_EQ(refusal_of_request(head_with(kMethodBytes + 1)), "not_implemented: the method is too long");
}

// ---- lists
// --------------------------------------------------------------------------------------------------

TEST(NextItem, YieldsTheElementsOfAList) {
  const auto items = [](std::string_view list) {
    std::vector<std::string> out;
    while (const auto item = next_item(list))
      out.emplace_back(*item);
    return out;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(items(""), List{});
  EXPECT_EQ(items(" ,\t,"), List{});
  EXPECT_EQ(items("a"), List{"a"});
  EXPECT_EQ(items(" a ,, b\t,"), (List{"a", "b"}));
  EXPECT_EQ(items("Basic realm=\"a, \\\"b\", Negotiate"), (List{"Basic realm=\"a, \\\"b\"", "Negotiate"}));
  EXPECT_EQ(items("\"open, end"), List{"\"open, end"});
  EXPECT_EQ(items("\"open\\"), List{"\"open\\"});
}

}  // namespace
}  // namespace winrmlb::http
