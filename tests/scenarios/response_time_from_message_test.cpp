// How long an answer may take stands in the message; where it cannot be read, other limits hold.
#include "scenarios/support/balancer.h"
#include "scenarios/support/shells.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ResponseTime);

/// Answers nothing.
ScriptedServer::Script silent() {
  return [](End& end) { end.read_to_end(); };
}

config::Settings short_times(const ScriptedServer& server, std::uint16_t workers) {
  auto settings = settings_for({server.endpoint()}, workers);
  auto& timeouts = settings.pools[0].timeouts;
  timeouts.operation = milliseconds(100);
  timeouts.response_margin = milliseconds(100);
  timeouts.response = seconds(60);
  timeouts.sealed_response = seconds(60);
  return settings;
}

TEST_P(ResponseTime, IsWhatTheMessageAsksForAndAMargin) {
  ScriptedServer server(silent());
  TestBalancer balancer(short_times(server, workers()));
  const auto begun = std::chrono::steady_clock::now();
  Client client(balancer.endpoint());
  const auto answer =
      client.ask(soap_post({.action = "Receive", .shell = shell_id(1), .timeout = "PT0.500S"}));
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(fault_code(answer), 2150859046U) << "not the one that makes clients poll for ever";
  EXPECT_GE(took, milliseconds(600));
}

TEST_P(ResponseTime, IsAtLeastWhatServersAllow) {
  ScriptedServer server(silent());
  auto settings = short_times(server, workers());
  settings.pools[0].timeouts.operation = milliseconds(400);
  TestBalancer balancer(settings);
  const auto begun = std::chrono::steady_clock::now();
  Client client(balancer.endpoint());
  EXPECT_EQ(client.ask(soap_post({.action = "Receive", .shell = shell_id(1), .timeout = "PT0.001S"})).status,
            504);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(500));
}

TEST_P(ResponseTime, OfASealedMessageIsItsOwn) {
  ScriptedServer server(silent());
  auto settings = short_times(server, workers());
  settings.pools[0].timeouts.sealed_response = seconds(1);
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  client.send(post("sealed", "Content-Type: multipart/encrypted;boundary=\"Encrypted Boundary\"\r\n"));
  EXPECT_FALSE(client.read_response().whole) << "no answer that was not sealed";
  EXPECT_EQ(balancer.errors(ErrorCode::ResponseTimeout), 1U);
}

}  // namespace
}  // namespace winrmlb::scenarios
