// Accepting when no descriptor is left. On the test's own thread, so that it can count what the loop does.
//
// Not with the address and undefined-behaviour sanitizers: they ask the kernel through a pipe of their own
// whether memory can be read, and without descriptors take every object for none.
#ifndef __SANITIZE_ADDRESS__
#include <sys/resource.h>
#include <unistd.h>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "admin/admin_support.h"
#include "winrmlb/admin/http_server.h"

namespace winrmlb::admin {
namespace {

/// While it lives, the process cannot open another descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    (void)::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    const int next = ::dup(0);
    few.rlim_cur = static_cast<rlim_t>(next);
    ::close(next);
    (void)::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~NoDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(AcceptLoop, WaitsForDescriptorsWithoutSpinning) {
  using boost::asio::ip::tcp;
  Desk desk;
  Api api(desk.verbs());
  boost::asio::io_context io;
  HttpServer server(io, api);
  ASSERT_TRUE(server.open(*Endpoint::parse("127.0.0.1:0")));
  boost::asio::io_context client;
  tcp::socket socket(client);
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), server.bound()->port});
  boost::asio::write(socket, boost::asio::buffer(std::string("GET /livez HTTP/1.0\r\n\r\n")));
  {
    const NoDescriptors none;
    EXPECT_LT(io.run_for(std::chrono::milliseconds(250)), 20U) << "wake-ups while nothing can be accepted";
    EXPECT_EQ(socket.available(), 0U);
  }
  const auto until = std::chrono::steady_clock::now() + seconds(10);
  while (socket.available() == 0 && std::chrono::steady_clock::now() < until)
    io.run_one_for(std::chrono::milliseconds(100));
  EXPECT_GT(socket.available(), 0U) << "answered once there are descriptors again";
  server.close();
  io.run_for(seconds(1));
}

TEST(AcceptLoop, EndsWhileItWaits) {
  using boost::asio::ip::tcp;
  Desk desk;
  Api api(desk.verbs());
  boost::asio::io_context io;
  auto server = std::make_unique<HttpServer>(io, api);
  ASSERT_TRUE(server->open(*Endpoint::parse("127.0.0.1:0")));
  tcp::socket socket(io);
  socket.connect({boost::asio::ip::make_address("127.0.0.1"), server->bound()->port});
  {
    const NoDescriptors none;
    io.run_for(std::chrono::milliseconds(20));
  }
  server->close();
  server.reset();
  io.run_for(seconds(5));
  EXPECT_TRUE(io.stopped()) << "nothing is left to run";
}

}  // namespace
}  // namespace winrmlb::admin
#endif
