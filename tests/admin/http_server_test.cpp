#include "winrmlb/admin/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "admin/admin_support.h"

namespace winrmlb::admin {
namespace {

class HttpServerTest : public ::testing::Test {
 protected:
  HttpServerTest() {
    loop.run([this] {
      server = std::make_unique<HttpServer>(loop.io(),
                                            Verbs{.view = [this] { return farm.view(); }, .reload = {}});
      const auto opened = server->open(*Endpoint::parse("127.0.0.1:0"));
      ASSERT_TRUE(opened) << opened.error().detail;
    });
  }
  ~HttpServerTest() override {
    loop.run([this] {
      server->close();
      server.reset();
    });
  }

  std::string ask(const std::string& request) {
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    tcp::socket socket(io);
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), server->bound()->port});
    boost::asio::write(socket, boost::asio::buffer(request));
    std::string all;
    boost::system::error_code ended;
    boost::asio::read(socket, boost::asio::dynamic_buffer(all), ended);
    return all;
  }
  std::string get(const std::string& path, const std::string& method = "GET") {
    return ask(method + " " + path + " HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n");
  }

  Farm farm;
  Loop loop;
  std::unique_ptr<HttpServer> server;
};

TEST_F(HttpServerTest, ServesMetricsAndLiveness) {
  EXPECT_TRUE(get("/livez").starts_with("HTTP/1.1 200"));
  const auto metrics = get("/metrics");
  EXPECT_TRUE(metrics.starts_with("HTTP/1.1 200"));
  EXPECT_NE(metrics.find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_NE(metrics.find("winrm_lb_build_info{version=\"1.2.3\"} 1"), std::string::npos);
}

TEST_F(HttpServerTest, ReadinessFollowsTheServers) {
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 200"));
  farm.server("ps1").fitness = balance::Fitness::Down;
  farm.server("ps2").fitness = balance::Fitness::Down;
  EXPECT_TRUE(get("/readyz").starts_with("HTTP/1.1 503"));
}

TEST_F(HttpServerTest, RefusesWhatItDoesNotServe) {
  EXPECT_TRUE(get("/").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(get("/metrics", "POST").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(get("/metrics?name=x").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, HeadHasNoBodyAndConnectionsAreKept) {
  const auto head = get("/livez", "HEAD");
  EXPECT_TRUE(head.ends_with("\r\n\r\n")) << head;
  const auto two = ask(
      "GET /livez HTTP/1.1\r\nHost: lb\r\n\r\nGET /livez HTTP/1.1\r\nHost: lb\r\nConnection: close\r\n\r\n");
  const auto first = two.find("alive");
  EXPECT_NE(two.find("alive", first + 1), std::string::npos) << two;
}

}  // namespace
}  // namespace winrmlb::admin
