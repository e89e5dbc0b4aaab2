// Told to stop, the balancer lets exchanges end, begins none, and says so to clients.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(Stop);

TEST_P(Stop, LetsExchangesEnd) {
  Moment asked;
  Moment answer;
  ScriptedServer server([&](End& end) {
    end.read_request();
    asked.come();
    answer.wait();
    end.send(ok("s1"));
    EXPECT_EQ(end.read_to_end(), "");
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client busy(balancer.endpoint());
  busy.send(post("hello"));
  ASSERT_TRUE(asked.wait());
  balancer.drain();
  balancer.lent_bytes();  // by now every worker has been told
  answer.come();
  const auto reply = busy.read_response();
  EXPECT_EQ(reply.body, "s1");
  EXPECT_EQ(reply.field("Connection"), "close");
  EXPECT_EQ(busy.read_to_end(), "");
  busy.close();
  balancer.join();
}

// It was promised that the connection goes on, so the client may have sent more: an end with that unread
// would be a reset, which may take the answer back.
TEST_P(Stop, AnAnswerOnItsWayIsNotTakenBack) {
  Moment begun;
  Moment told;
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
    begun.come();
    told.wait();
    end.send("lf");
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client client(balancer.endpoint());
  client.send(post("hello"));
  ASSERT_TRUE(begun.wait());
  EXPECT_NE(client.read_until("\r\n\r\n").find("200 OK"), std::string::npos);
  balancer.drain();
  balancer.lent_bytes();  // by now every worker has been told
  client.send(post(std::string(200'000, 'x')));
  told.come();
  EXPECT_EQ(client.read_to_end(), "half");
  EXPECT_EQ(client.ended(), Ended::Finished);
  client.close();
  balancer.join();
}

TEST_P(Stop, ClosesIdleSessionsAtOnce) {
  ScriptedServer server(echo("s1"));
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client idle(balancer.endpoint());
  Client silent(balancer.endpoint());
  ASSERT_EQ(idle.ask(post("hello")).body, "s1");
  balancer.join();
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_EQ(idle.ended(), Ended::Finished);
  EXPECT_EQ(silent.read_to_end(), "");
}

TEST_P(Stop, CutsWhatWillNotEnd) {
  ScriptedServer server([](End& end) {
    end.read_request();
    end.read_to_end();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers()));
  Client waiting(balancer.endpoint());
  waiting.send(post("hello"));
  balancer.join(TestBalancer::Cut::Yes);
  EXPECT_EQ(balancer.open_sessions(), 0U);
}

}  // namespace
}  // namespace winrmlb::scenarios
