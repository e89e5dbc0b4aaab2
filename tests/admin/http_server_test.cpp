#include "winrmlb/admin/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/admin_support.h"
#include "support/certificates.h"
#include "support/scratch.h"

namespace winrmlb::admin {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kToken = "Authorization: Bearer 0123456789abcdef\r\n";

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    loop.run([this] {
      server = std::make_unique<HttpServer>(loop.io(), api);
      auto tokens = Tokens::parse("deploy 0123456789abcdef", "tokens");
      ASSERT_TRUE(tokens);
      server->use(std::move(*tokens), nullptr);
      const auto opened = server->open(*Endpoint::parse("127.0.0.1:0"));
      ASSERT_TRUE(opened) << opened.error().detail;
    });
  }
  ~HttpServerTest() override {
    loop.run([this] {
      api.events().close();
      if (server) server->close();
      server.reset();
    });
  }

  tcp::socket connect(asio::io_context& io) {
    tcp::socket socket(io);
    socket.connect({asio::ip::make_address("127.0.0.1"), server->bound()->port});
    return socket;
  }
  std::string ask(const std::string& request) {
    asio::io_context io;
    auto socket = connect(io);
    asio::write(socket, asio::buffer(request));
    std::string all;
    boost::system::error_code ended;
    asio::read(socket, asio::dynamic_buffer(all), ended);
    return all;
  }
  std::string call(const std::string& method, const std::string& path, const std::string& fields = "",
                   const std::string& body = "") {
    return ask(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields +
               (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
               body);
  }
  std::string get(const std::string& path, const std::string& fields = "") {
    return call("GET", path, fields);
  }

  Desk desk;
  Api api{desk.verbs()};
  Loop loop;
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpServerTest, ServesMetricsAndLiveness) {
  EXPECT_THAT(get("/livez"), StartsWith("HTTP/1.1 200 OK"));
  const auto metrics = get("/metrics");
  EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(metrics, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(metrics, HasSubstr("winrm_lb_build_info{version=\"1.2.3\"} 1"));
}

TEST_F(HttpServerTest, ReadinessFollowsTheServers) {
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
  desk.farm.server("ps1").fitness = balance::Fitness::Down;
  desk.farm.server("ps2").fitness = balance::Fitness::Down;
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, RefusesWhatItDoesNotServe) {
  EXPECT_THAT(get("/none"), StartsWith("HTTP/1.1 404 Not Found"));
  EXPECT_THAT(call("POST", "/metrics"), HasSubstr("Allow: GET, HEAD"));
  EXPECT_THAT(get("/metrics?name=x"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, HeadHasNoBodyAndConnectionsAreKept) {
  const auto head = call("HEAD", "/livez");
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Length: 6"));
  const auto two = ask(
      "GET /livez HTTP/1.1\r\nHost: lb\r\n\r\nGET /livez HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n");
  const auto first = two.find("alive");
  EXPECT_NE(two.find("alive", first + 1), std::string::npos) << two;
}

TEST_F(HttpServerTest, FromThisMachineReadingIsFreeAndChangingTakesAToken) {
  EXPECT_THAT(get("/api/v1/status"), StartsWith("HTTP/1.1 200"));
  const std::string drain = "/api/v1/pools/teams/servers/ps1/drain";
  const auto refused = call("POST", drain);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 401 Unauthorized"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(refused, HasSubstr("Content-Type: application/problem+json"));
  EXPECT_THAT(call("POST", drain, "Authorization: Bearer 0123456789abcdee\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(call("POST", drain, kToken, "{\"deadline_seconds\":5}"), StartsWith("HTTP/1.1 200"));
  loop.run([this] {
    ASSERT_EQ(desk.modes.size(), 1U);
    EXPECT_EQ(desk.changes.back().who, "token deploy");
    EXPECT_THAT(desk.changes.back().from, StartsWith("127.0.0.1:"));
  });
}

TEST_F(HttpServerTest, ANameThatIsNotOursGetsNothingOfTheApi) {
  const auto ask_as = [this](const std::string& host, const std::string& path) {
    return ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  };
  for (const auto* host :
       {"evil.example", "evil.example:9585", "localhost.evil.example", "127.0.0.1.evil.example", ""})
    EXPECT_THAT(ask_as(host, "/api/v1/status"), StartsWith("HTTP/1.1 421 Misdirected Request")) << host;
  for (const auto* host : {"localhost", "localhost:9585", "127.0.0.1:9585", "[::1]:9585", "lb.localhost"})
    EXPECT_THAT(ask_as(host, "/api/v1/status"), StartsWith("HTTP/1.1 200")) << host;
  EXPECT_THAT(ask_as("evil.example", "/metrics"), StartsWith("HTTP/1.1 200"))
      << "monitoring comes by any name";
}

TEST_F(HttpServerTest, ARequestThatIsTooLargeIsRefused) {
  EXPECT_THAT(call("POST", "/api/v1/sessions/kick", kToken, std::string(64 * 1024 + 1, ' ')),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(call("POST", "/api/v1/sessions/kick", kToken, std::string(64 * 1024, ' ')),
              StartsWith("HTTP/1.1 400"))
      << "it fits, and says nothing";
}

TEST_F(HttpServerTest, EventsComeAsTheyArePublishedUntilTheServerCloses) {
  asio::io_context io;
  auto socket = connect(io);
  const std::string request = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
  asio::write(socket, asio::buffer(request));
  std::string all;
  asio::read_until(socket, asio::dynamic_buffer(all), "event: status\ndata: {");
  EXPECT_THAT(all, HasSubstr("Content-Type: text/event-stream"));
  loop.run([this] { api.events().publish("change", {{"server", "ps1"}}); });
  asio::read_until(socket, asio::dynamic_buffer(all), "event: change\ndata: {\"server\":\"ps1\"}\n\n");
  loop.run([this] { api.events().close(); });
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(all), ended);
  EXPECT_EQ(ended, asio::error::eof);
}

TEST_F(HttpServerTest, ClosingEndsOpenConnections) {
  asio::io_context io;
  auto socket = connect(io);
  const std::string request = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";
  asio::write(socket, asio::buffer(request));
  std::string all;
  asio::read_until(socket, asio::dynamic_buffer(all), "alive\n");
  loop.run([this] { server->close(); });
  boost::system::error_code ended;
  asio::read(socket, asio::dynamic_buffer(all), ended);
  EXPECT_TRUE(ended);
}

TEST_F(HttpServerTest, SpeaksTlsWithTheCertificateItWasGiven) {
  Scratch scratch;
  const Certificate certificate({.san = "DNS:lb.example"});
  config::ListenerTls settings;
  settings.certificate = scratch.write("lb.pem", certificate.pem());
  settings.key = scratch.write("lb.key", certificate.key_pem());
  loop.run([&] {
    auto context = net::TlsContext::for_listener(settings);
    ASSERT_TRUE(context) << context.error().detail;
    server->use({}, *context);
  });
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  asio::ssl::stream<tcp::socket> stream(connect(io), context);
  stream.handshake(asio::ssl::stream_base::client);
  const std::string request = "GET /api/v1/version HTTP/1.1\r\nHost: lb.example\r\nConnection: close\r\n\r\n";
  asio::write(stream, asio::buffer(request));
  std::string all;
  boost::system::error_code ended;
  asio::read(stream, asio::dynamic_buffer(all), ended);
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200")) << "a certificate vouches for the name";
  EXPECT_THAT(all, HasSubstr("\"version\":\"1.2.3\""));
  EXPECT_EQ(ask("GET /livez HTTP/1.1\r\nHost: lb\r\n\r\n").find("HTTP/1.1 200"), std::string::npos)
      << "plain HTTP on a port that speaks TLS";
}

}  // namespace
}  // namespace winrmlb::admin
