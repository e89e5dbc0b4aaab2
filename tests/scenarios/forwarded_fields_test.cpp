// The client's address is told to the server where asked for: never one that the client made up, and never
// within a connection-bound login or a sealed message.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ForwardedFields);

// What the server saw of a request.
std::string seen(config::ForwardedField field, const std::string& request, std::uint16_t workers) {
  std::string head;
  ScriptedServer server([&](End& end) {
    head = end.read_request().head;
    end.send(ok("s1"));
  });
  auto settings = settings_for({server.endpoint()}, workers);
  settings.listeners[0].forwarded = field;
  TestBalancer balancer(settings);
  EXPECT_EQ(Client(balancer.endpoint(), "127.0.10.1").ask(request).body, "s1");
  return head;
}

constexpr std::string_view kSpoofed = "X-Forwarded-For: 10.9.9.9\r\nForwarded: for=10.9.9.9\r\n";

TEST_P(ForwardedFields, AreAddedWhereAskedFor) {
  EXPECT_NE(seen(config::ForwardedField::XForwardedFor, post("x"), workers())
                .find("\r\nX-Forwarded-For: 127.0.10.1\r\n"),
            std::string::npos);
  EXPECT_NE(
      seen(config::ForwardedField::Forwarded, post("x"), workers()).find("\r\nForwarded: for=127.0.10.1\r\n"),
      std::string::npos);
  EXPECT_EQ(seen(config::ForwardedField::None, post("x"), workers()).find("127.0.10.1"), std::string::npos);
}

TEST_P(ForwardedFields, OfTheClientsOwnMakingAreRemoved) {
  for (const auto login : {kBasic, kNegotiate}) {
    const auto fields = std::string(login) + std::string(kSpoofed);
    EXPECT_EQ(seen(config::ForwardedField::XForwardedFor, post("x", fields), workers()).find("10.9.9.9"),
              std::string::npos);
  }
}

TEST_P(ForwardedFields, AreNeverAddedToABoundLoginOrASealedMessage) {
  for (const auto& fields :
       {std::string(kNegotiate), std::string("Authorization: NTLM TlRMTVNTUAABAAAA\r\n"),
        std::string(
            "Content-Type: multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
            "boundary=\"Encrypted Boundary\"\r\n")}) {
    const auto head = seen(config::ForwardedField::XForwardedFor, post("x", fields), workers());
    EXPECT_EQ(head.find("127.0.10.1"), std::string::npos) << head;
    EXPECT_NE(head.find(fields), std::string::npos) << head;
  }
}

}  // namespace
}  // namespace winrmlb::scenarios
