// Fields that end at a proxy end here; all others pass as they are (RFC 9110 7.6.1).
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(HopByHop);

TEST_P(HopByHop, FieldsEndHereAndOthersPassUntouched) {
  std::string seen;
  ScriptedServer server([&](End& end) {
    seen = end.read_request().head;
    end.send(
        "HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\nKeep-Alive: timeout=5\r\n"
        "Connection: X-Own, keep-alive\r\nX-Own: secret\r\nwww-authenticate:   Basic\r\nContent-Length: "
        "0\r\n\r\n");
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  const auto answer = client.ask(
      "POST /wsman HTTP/1.1\r\nhost:farm\r\nKeep-Alive: 300\r\nProxy-Connection: keep-alive\r\nTE: "
      "trailers\r\n"
      "Upgrade: h2c\r\nConnection: keep-alive, TE, X-Mine\r\nX-Mine: secret\r\nX-Odd:\t kept as it is \r\n"
      "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(seen,
            "POST /wsman HTTP/1.1\r\nhost:farm\r\nConnection: keep-alive\r\nX-Odd:\t kept as it is \r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(answer.head,
            "HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\nConnection: keep-alive\r\n"
            "www-authenticate:   Basic\r\nContent-Length: 0\r\n\r\n");
}

TEST_P(HopByHop, AMessageWithNothingToEditPassesByteForByte) {
  std::string seen;
  const auto request = post("hello", kBasic);
  const auto response = ok("s1", "X: y\r\n");
  ScriptedServer server([&](End& end) {
    seen = end.read(request.size());
    end.send(response);
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(request);
  EXPECT_EQ(client.read(response.size()), response);
  EXPECT_EQ(seen, request);
}

}  // namespace
}  // namespace winrmlb::scenarios
