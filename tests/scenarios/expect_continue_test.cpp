// Expect: 100-continue is the ends' own talk: relayed, never answered here (RFC 9110 10.1.1).
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ExpectContinue);

constexpr std::string_view kHead =
    "POST /wsman HTTP/1.1\r\nHost: farm\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

TEST_P(ExpectContinue, TheBodyFollowsTheServersWord) {
  ScriptedServer server([](End& end) {
    EXPECT_NE(end.read_until("\r\n\r\n").find("Expect: 100-continue"), std::string::npos);
    end.send("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(end.read(5), "hello");
    end.send(ok("s1"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(kHead);
  EXPECT_EQ(client.read_response().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_response().body, "s1");
}

TEST_P(ExpectContinue, AFinalAnswerInsteadEndsTheRequest) {
  ScriptedServer server([](End& end) {
    end.read_until("\r\n\r\n");
    end.send("HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    EXPECT_EQ(end.read_to_end(), "");
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(kHead);
  EXPECT_EQ(client.read_response().status, 417);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_P(ExpectContinue, SeveralInterimAnswersAreAllRelayed) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("s1"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  EXPECT_EQ(client.read_response().status, 102);
  EXPECT_EQ(client.read_response().status, 103);
  EXPECT_EQ(client.read_response().body, "s1");
}

std::string interims(int count, std::string_view fields = {}) {
  std::string all;
  for (int i = 0; i < count; ++i)
    all += "HTTP/1.1 102 Processing\r\n" + std::string(fields) + "\r\n";
  return all;
}

int status_after_interims(Client& client, int& count) {
  client.send(post("hello"));
  for (count = 0;; ++count) {
    const auto status = client.read_response().status;
    if (status != 102) return status;
  }
}

TEST_P(ExpectContinue, InterimAnswersWithoutEndAreABadResponse) {
  constexpr int kMost = 16;
  for (const int sent : {kMost, kMost + 1}) {
    ScriptedServer server([&](End& end) {
      end.read_request();
      end.send(interims(sent) + ok("s1"));
      end.read_to_end();
    });
    TestBalancer balancer(settings_for({server.endpoint()}, workers()));
    Client client(balancer.endpoint());
    int came = 0;
    EXPECT_EQ(status_after_interims(client, came), sent == kMost ? 200 : 502);
    EXPECT_EQ(came, kMost);
  }
}

TEST_P(ExpectContinue, AllInterimAnswersTogetherAreNoLongerThanAHead) {
  auto settings = settings_for({}, workers());
  const std::string field = "X: " + std::string(settings.limits.head_bytes / 3, 'x') + "\r\n";
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(interims(3, field) + ok("s1"));
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  int came = 0;
  EXPECT_EQ(status_after_interims(client, came), 502);
  EXPECT_EQ(came, 2);
}

TEST_P(ExpectContinue, AServerLostAfterItStillGivesA502) {
  ScriptedServer server([](End& end) {
    end.read_until("\r\n\r\n");
    end.send("HTTP/1.1 100 Continue\r\n\r\n");
    end.read(5);
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(kHead);
  EXPECT_EQ(client.read_response().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_response().status, 502);
}

TEST_P(ExpectContinue, TheAnswerThenHasTheTimeOfAnAnswerNotOfABody) {
  ScriptedServer server([](End& end) {
    end.read_until("\r\n\r\n");
    end.send("HTTP/1.1 100 Continue\r\n\r\n");
    end.read(5);
    end.set_patience(milliseconds(600));  // a long poll: nothing for longer than body_progress
    EXPECT_EQ(end.read_some(), "");
    EXPECT_EQ(end.ended(), Ended::TimedOut);
    end.send(ok("s1"));
  });
  auto settings = settings_for({server.endpoint()}, workers());
  settings.pools[0].timeouts.body_progress = milliseconds(200);
  TestBalancer balancer(settings);
  Client client(balancer.endpoint());
  client.send(kHead);
  EXPECT_EQ(client.read_response().status, 100);
  client.send("hello");
  EXPECT_EQ(client.read_response().body, "s1");
}

}  // namespace
}  // namespace winrmlb::scenarios
