#include "winrmlb/http/reply.h"

#include <gtest/gtest.h>

#include "http/http_support.h"

namespace winrmlb::http {
namespace {

TEST(OwnReply, IsWhole) {
  OwnReply reply;
  reply.status = 503;
  reply.content_type = "application/soap+xml;charset=UTF-8";
  reply.body = "<fault/>";
  reply.retry_after = 5;
  reply.extra_fields = "X-Reason: drain\r\n";
  EXPECT_EQ(serialize(reply),
            "HTTP/1.1 503 Service Unavailable\r\n"
            "Content-Type: application/soap+xml;charset=UTF-8\r\n"
            "Content-Length: 8\r\n"
            "Retry-After: 5\r\n"
            "X-Reason: drain\r\n"
            "Connection: close\r\n"
            "\r\n"
            "<fault/>");
}

TEST(OwnReply, WithoutTypeHasNoBody) {
  OwnReply reply;
  reply.status = 400;
  reply.body = "ignored";
  EXPECT_EQ(serialize(reply), "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(OwnReply, ToHeadTellsTheLengthOnly) {
  OwnReply reply;
  reply.status = 200;
  reply.content_type = "text/plain";
  reply.body = "hello";
  reply.head_request = true;
  EXPECT_EQ(serialize(reply),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

TEST(OwnReply, OfAStatusWithoutBodyHasNoLength) {
  OwnReply reply;
  reply.status = 204;
  reply.content_type = "text/plain";
  reply.body = "hello";
  EXPECT_EQ(serialize(reply), "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST(OwnReply, IsAcceptedByOurOwnParser) {
  for (std::uint16_t status = 200; status <= 599; ++status) {
    OwnReply reply;
    reply.status = status;
    const auto parsed = response(serialize(reply));
    ASSERT_TRUE(parsed.head) << status;
    EXPECT_EQ(parsed.head->status, status);
    EXPECT_EQ(parsed.head->reason, reason_phrase(status));
    EXPECT_FALSE(parsed.head->keep_alive);
    EXPECT_NE(parsed.head->framing, Framing::UntilClose);
  }
}

TEST(OwnReply, EveryStatusOfARefusalHasAPhrase) {
  for (const int status : {400, 408, 413, 414, 431, 500, 501, 502, 503, 504, 505}) {
    EXPECT_NE(reason_phrase(static_cast<std::uint16_t>(status)), "") << status;
  }
}

}  // namespace
}  // namespace winrmlb::http
