// A malformed request gets a clear answer and a close; no server sees any of it.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(MalformedRequests);

struct Case {
  const char* request;
  int status;
};

constexpr Case kCases[] = {
    {"GET\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\nHost: farm\n\n", 400},
    {"get / HTTP/1.1\r\nHost: farm\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: farm\r\nHost: farm\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost : farm\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: farm\r\n folded\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: farm\r\nX: a\rb\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: farm\r\nConnection: Host\r\n\r\n", 400},
    {"GET /  HTTP/1.1\r\nHost: farm\r\n\r\n", 400},
    {" GET / HTTP/1.1\r\nHost: farm\r\n\r\n", 400},
    {"\x16\x03\x01\x02", 400},
    {"GET / HTTP/2.0\r\nHost: farm\r\n\r\n", 505},
    {"GET /\r\n\r\n", 505},
    {"CONNECT farm:443 HTTP/1.1\r\nHost: farm\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\nHost: farm\r\nContent-Length: 1x\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400},
};

TEST_P(MalformedRequests, AreRefusedAndNeverForwarded) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (const auto& one : kCases) {
    SCOPED_TRACE(one.request);
    Client client(balancer.endpoint());
    const auto answer = client.ask(one.request);
    EXPECT_EQ(answer.status, one.status) << answer.head;
    EXPECT_TRUE(answer.whole);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_NE(answer.body.find("s:Fault"), std::string::npos) << answer.body;
    client.send(post("after the refusal"));
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_EQ(server.connections(), 0U);
}

}  // namespace
}  // namespace winrmlb::scenarios
