// Aside: one thread for what may block and must hold nobody up: names, and logins that ask a KDC.
//
// Owned by Control. Work is done in the order in which it was given; what is to follow it is posted to the
// control thread. At the end of the process, work that has not begun is dropped; what is under way is waited
// for, which takes as long as a resolver or a KDC may.
#pragma once

#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace winrmlb::app {

class Aside {
 public:
  explicit Aside(boost::asio::io_context& io) : io_(io) {}
  ~Aside() {
    thread_.stop();
    thread_.join();
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  void run(std::function<void()> work, std::function<void()> then) {
    boost::asio::post(thread_, [this, work = std::move(work), then = std::move(then)]() mutable {
      work();
      boost::asio::post(io_, std::move(then));
    });
  }

 private:
  boost::asio::io_context& io_;
  boost::asio::thread_pool thread_{1};
};

}  // namespace winrmlb::app
