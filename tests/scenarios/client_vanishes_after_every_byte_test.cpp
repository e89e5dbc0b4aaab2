// A client that vanishes, after whichever byte: the server never holds a cut request that looks whole.
#include "scenarios/support/balancer.h"
#include "scenarios/support/scripted_server.h"

namespace winrmlb::scenarios {
namespace {

WINRMLB_SCENARIO(ClientVanishesAfterEveryByte);

enum class How : bool { Close, Reset };

void vanish_after_every_byte(std::uint16_t workers, const std::string& request, How how) {
  std::atomic<int> whole{0};
  ScriptedServer server([&](End& end) {
    while (end.read_request().whole) {
      ++whole;
      end.send(ok("s1"));
    }
  });
  TestBalancer balancer(settings_for({server.endpoint()}, workers));
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    Client client(balancer.endpoint());
    client.send(request.substr(0, cut));
    how == How::Close ? client.close() : client.reset();
  }
  Client last(balancer.endpoint());
  EXPECT_EQ(last.ask(request).body, "s1");
  last.close();
  balancer.join();  // nobody is left behind
  EXPECT_EQ(balancer.open_sessions(), 0U);
  EXPECT_EQ(balancer.server("s1").sessions.load(), 0U);
  EXPECT_EQ(whole, 1);
}

std::string chunked() {
  return "POST / HTTP/1.1\r\nHost: farm\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
}

TEST_P(ClientVanishesAfterEveryByte, OfADeclaredLength) {
  vanish_after_every_byte(workers(), post("hello"), How::Close);
}
TEST_P(ClientVanishesAfterEveryByte, OfADeclaredLengthByAReset) {
  vanish_after_every_byte(workers(), post("hello"), How::Reset);
}
TEST_P(ClientVanishesAfterEveryByte, OfChunks) { vanish_after_every_byte(workers(), chunked(), How::Close); }
TEST_P(ClientVanishesAfterEveryByte, OfChunksByAReset) {
  vanish_after_every_byte(workers(), chunked(), How::Reset);
}

}  // namespace
}  // namespace winrmlb::scenarios
