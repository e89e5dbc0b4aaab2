// Chunked bodies are relayed as they were framed, extensions and trailers included.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"
#include "winrmlb/core/text.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ChunkedBothWays);

constexpr std::string_view kBody = "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Trailer: yes\r\n\r\n";

TEST_P(ChunkedBothWays, ByteForByte) {
  ScriptedServer server([](End& end) {
    const auto request = end.read_request();
    EXPECT_EQ(request.raw_body, kBody);
    end.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    end.send(kBody);
    end.read_request();
    end.send(ok("second"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send("POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send(kBody);
  const auto answer = client.read_response();
  EXPECT_EQ(answer.raw_body, kBody);
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_EQ(client.ask(post("again")).body, "second");
}

TEST_P(ChunkedBothWays, HoweverTheyAreCut) {
  ScriptedServer server([](End& end) {
    for (;;) {
      const auto request = end.read_request();
      if (!request.whole) return;
      EXPECT_EQ(request.raw_body, kBody);
      const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(kBody);
      const auto cut = parse_unsigned(*request.field("Cut")).value_or(0) % answer.size();
      end.send(answer.substr(0, cut));
      end.send(answer.substr(cut));
    }
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  const std::string head = "POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: chunked\r\nCut: ";
  const auto bytes = head.size() + 6 + kBody.size();
  for (std::size_t cut = 1; cut < bytes; ++cut) {
    const auto request = head + std::to_string(cut) + "\r\n\r\n" + std::string(kBody);
    client.send(request.substr(0, cut));
    client.send(request.substr(cut));
    ASSERT_EQ(client.read_response().raw_body, kBody) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace winrmlb::scenarios
