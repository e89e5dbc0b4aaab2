// Where two readers could disagree on where a request ends, it is refused (RFC 9112 11.2).
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(RequestSmuggling);

std::string with(std::string_view fields, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: farm\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

TEST_P(RequestSmuggling, EveryDoorIsShut) {
  const std::string smuggled = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: farm\r\n\r\n";
  const std::vector<std::string> cases = {
      with("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", smuggled),
      with("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", smuggled),
      with("Content-Length: 6\r\nContent-Length: 5\r\n", smuggled),
      with("Content-Length: 6\r\nContent-Length: 6\r\n", smuggled),
      with("Content-Length: 5, 6\r\n", smuggled),
      with("Content-Length: +5\r\n", smuggled),
      with("Content-Length: -1\r\n", smuggled),
      with("Content-Length: 0x5\r\n", smuggled),
      with("Content-Length: 18446744073709551617\r\n", smuggled),
      with("Content-Length :5\r\n", smuggled),
      with("Transfer-Encoding : chunked\r\n", smuggled),
      with("Transfer-Encoding: xchunked\r\n", smuggled),
      with("Transfer-Encoding: chunked, identity\r\n", smuggled),
      with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", smuggled),
      with("Transfer-Encoding: identity, chunked\r\n", smuggled),
      with("Transfer-Encoding:\x0b"
           "chunked\r\n",
           smuggled),
      with("X: a\r\n Transfer-Encoding: chunked\r\n", smuggled),
      with("X: a\nContent-Length: 5\r\n", smuggled),
      with("Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n" + smuggled),
      with("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n" + smuggled),
      with("Transfer-Encoding: chunked\r\n", "-1\r\n" + smuggled),
      with("Transfer-Encoding: chunked\r\n", "0\n\n" + smuggled),
      with("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 5\r\n\r\n" + smuggled),
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + smuggled,
  };
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (const auto& one : cases) {
    SCOPED_TRACE(one);
    Client client(balancer.endpoint());
    const auto answer = client.ask(one);
    EXPECT_TRUE(answer.status == 400 || answer.status == 501) << answer.head;
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_EQ(server.connections(), 0U) << "a request that two can read differently was forwarded";
}

}  // namespace
}  // namespace winrmlb::scenarios
