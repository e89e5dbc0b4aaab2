// The access log has one line per exchange, whatever happened, and never a credential or a body.
#include <map>

#include <boost/json/serialize.hpp>

#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(AccessLog);

std::string text(const boost::json::object& line, const char* key) {
  const auto* value = line.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : "";
}

TEST_P(AccessLog, HasEveryExchangeWithItsReason) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.ask(post("body-of-a-client", kBasic));
  client.ask(post("body-of-a-client", kNegotiate));
  client.ask("BAD\r\n\r\n");
  const auto lines = balancer.access_log();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(text(lines[0], "reason"), "assigned");
  EXPECT_EQ(text(lines[0], "server"), "s1");
  EXPECT_EQ(text(lines[0], "user"), "user");
  EXPECT_EQ(text(lines[0], "scheme"), "basic");
  EXPECT_EQ(lines[0].at("status"), 200);
  EXPECT_EQ(text(lines[1], "reason"), "bound");
  EXPECT_EQ(lines[2].at("status"), 400);
  EXPECT_EQ(text(lines[2], "error"), "bad_request");
  for (const auto& line : lines) {
    const auto all = boost::json::serialize(line);
    EXPECT_EQ(all.find("body-of-a-client"), std::string::npos) << all;
    EXPECT_EQ(all.find("dXNlcjpwYXNz"), std::string::npos) << all;
    EXPECT_EQ(all.find("pass"), std::string::npos) << all;
    EXPECT_EQ(line.at("session"), lines[0].at("session"));
  }
}

TEST_P(AccessLog, HasExchangesThatFailed) {
  ScriptedServer server([](End& end) { end.read_request(); });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("one")).status, 502);
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("two", kNegotiate)).status, 0);
  server.vanish();
  ASSERT_TRUE(balancer.await("s1", balance::Fitness::Down));
  EXPECT_EQ(Client(balancer.endpoint()).ask(post("three")).status, 503);
  const auto lines = balancer.access_log();
  ASSERT_EQ(lines.size(), 3U);
  std::map<std::string, int> errors;
  for (const auto& line : lines)
    ++errors[text(line, "error") + " of the " + text(line, "error_side")];
  EXPECT_EQ(errors, (std::map<std::string, int>{{"no_server of the server", 1},
                                                {"reset_by_server of the server", 2}}));
}

TEST_P(AccessLog, HasAnExchangeThatTheClientLeft) {
  Moment asked;
  Moment gone;
  ScriptedServer server([&](End& end) {
    end.read_request();
    asked.come();
    end.read_to_end();
    gone.come();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  {
    Client client(balancer.endpoint());
    client.send(post("hello"));
    ASSERT_TRUE(asked.wait());
    client.reset();
  }
  ASSERT_TRUE(gone.wait());
  const auto lines = balancer.access_log();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(text(lines[0], "error"), "reset_by_client");
  EXPECT_FALSE(lines[0].contains("status")) << boost::json::serialize(lines[0]);
}

}  // namespace
}  // namespace winrmlb::scenarios
