// A server that vanishes, after whichever byte: the client never holds a short answer that looks whole.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ServerVanishesAfterEveryByte);

struct Case {
  std::string answer;
  enum class How : bool { Close, Reset } how = How::Close;
  std::string_view login = kBasic;
};

std::size_t head_bytes(const std::string& answer) { return answer.find("\r\n\r\n") + 4; }

// One client per byte after which the server leaves.
void vanish_after_every_byte(std::uint16_t workers, const Case& how, bool until_close = false) {
  std::atomic<std::size_t> cut{0};
  ScriptedServer server([&](End& end) {
    end.read_request();
    end.send(how.answer.substr(0, cut));
    how.how == Case::How::Close ? end.close() : end.reset();
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers));
  for (cut = 0; cut < how.answer.size(); ++cut) {
    SCOPED_TRACE("after byte " + std::to_string(cut));
    Client client(balancer.endpoint());
    const auto answer = client.ask(post("hello", how.login));
    if (cut >= head_bytes(how.answer)) {
      // A reset may overtake what came before it; what came is the answer's beginning.
      const bool finished_early = until_close && how.how == Case::How::Close;
      EXPECT_TRUE(!answer.whole || finished_early) << answer.head << answer.body;
      if (!finished_early) {
        EXPECT_EQ(client.ended(), Ended::Reset);
      }
    } else if (how.login == kBasic) {
      EXPECT_EQ(answer.status, 502);
      EXPECT_NE(answer.body.find("2150858770"), std::string::npos) << answer.body;
      EXPECT_EQ(client.read_to_end(), "");
    } else {
      EXPECT_EQ(answer.head, "") << "an answer that no login stands behind";
      EXPECT_NE(client.ended(), Ended::TimedOut);
    }
  }
}

TEST_P(ServerVanishesAfterEveryByte, OfADeclaredLength) {
  vanish_after_every_byte(workers(), {ok("hello world")});
}
TEST_P(ServerVanishesAfterEveryByte, OfADeclaredLengthByAReset) {
  vanish_after_every_byte(workers(), {ok("hello world"), Case::How::Reset});
}
TEST_P(ServerVanishesAfterEveryByte, OfChunks) {
  vanish_after_every_byte(workers(), {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"});
}
TEST_P(ServerVanishesAfterEveryByte, OfChunksByAReset) {
  vanish_after_every_byte(workers(), {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "5\r\nhello\r\n0\r\nX: y\r\n\r\n",
                                      Case::How::Reset});
}
TEST_P(ServerVanishesAfterEveryByte, OfABodyUntilTheClose) {
  vanish_after_every_byte(workers(), {"HTTP/1.1 200 OK\r\n\r\nhello"}, true);
}
TEST_P(ServerVanishesAfterEveryByte, OfABodyUntilTheCloseByAReset) {
  vanish_after_every_byte(workers(), {"HTTP/1.1 200 OK\r\n\r\nhello", Case::How::Reset}, true);
}
TEST_P(ServerVanishesAfterEveryByte, OfAnAnswerToABoundLogin) {
  vanish_after_every_byte(workers(), {ok("hello world"), Case::How::Close, kNegotiate});
}
TEST_P(ServerVanishesAfterEveryByte, OfAnAnswerToABoundLoginByAReset) {
  vanish_after_every_byte(workers(), {ok("hello world"), Case::How::Reset, kNegotiate});
}

}  // namespace
}  // namespace winrmlb::scenarios
