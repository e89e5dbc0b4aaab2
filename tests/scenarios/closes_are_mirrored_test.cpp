// Whichever end closes, the other end is told the same.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ClosesAreMirrored);

TEST_P(ClosesAreMirrored, AServerThatClosesBetweenExchangesClosesTheClient) {
  Moment close;
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(ok("s1"));
    close.wait();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  ASSERT_EQ(client.ask(post("hello")).body, "s1");
  close.come();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.ended(), Ended::Finished);
}

TEST_P(ClosesAreMirrored, AServerThatSaysCloseClosesTheClientAfterTheAnswer) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send(ok("s1", "Connection: close\r\n"));
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  const auto answer = client.ask(post("hello"));
  EXPECT_EQ(answer.body, "s1");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(client.ended(), Ended::Finished);
}

TEST_P(ClosesAreMirrored, AClientThatSaysCloseIsHeardByTheServer) {
  Moment gone;
  ScriptedServer server([&](End& end) {
    const auto request = end.read_request();
    EXPECT_EQ(request.field("Connection"), "close");
    end.send(ok("s1", "Connection: close\r\n"));
    EXPECT_EQ(end.read_to_end(), "");
    EXPECT_EQ(end.ended(), Ended::Finished);
    gone.come();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  {
    Client client(balancer.endpoint());
    EXPECT_EQ(client.ask(post("hello", "Connection: close\r\n")).body, "s1");
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_TRUE(gone.wait());
}

TEST_P(ClosesAreMirrored, AClientThatClosesBetweenExchangesClosesTheServer) {
  Moment gone;
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(ok("s1"));
    EXPECT_EQ(end.read_to_end(), "");
    gone.come();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  {
    Client client(balancer.endpoint());
    ASSERT_EQ(client.ask(post("hello")).body, "s1");
  }
  EXPECT_TRUE(gone.wait());
}

TEST_P(ClosesAreMirrored, AClientThatResetsWhileWaitingClosesTheServer) {
  Moment asked;
  Moment gone;
  ScriptedServer server([&](End& end) {
    end.read_request();
    asked.come();
    EXPECT_EQ(end.read_to_end(), "");
    gone.come();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  ASSERT_TRUE(asked.wait());
  client.reset();
  EXPECT_TRUE(gone.wait());
}

TEST_P(ClosesAreMirrored, AClientThatResetsWithinAStalledAnswerClosesTheServer) {
  Moment gone;
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    EXPECT_EQ(end.read_to_end(), "");
    gone.come();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  EXPECT_TRUE(client.read_until("half").ends_with("half"));
  client.reset();
  EXPECT_TRUE(gone.wait());
}

TEST_P(ClosesAreMirrored, BytesThatTheServerSaysUnaskedEndTheSessionAndReachNobody) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send(ok("s1") + ok("smuggled"));
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("one") + post("two"));
  EXPECT_EQ(client.read_response().body, "s1");
  EXPECT_EQ(client.read_to_end().find("smuggled"), std::string::npos);
}

TEST_P(ClosesAreMirrored, AFloodThatTheServerSaysUnaskedIsNoHarm) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.send(ok("s1") + std::string(512 * 1024, 'x'));
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  for (int i = 0; i < 3; ++i) {
    Client client(balancer.endpoint());
    EXPECT_EQ(client.ask(post("one")).body, "s1");
    EXPECT_EQ(client.read_to_end(), "");
  }
}

}  // namespace
}  // namespace winrmlb::scenarios
