#include "winrmlb/app/worker.h"

#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include "winrmlb/net/clock.h"
#include "winrmlb/net/sockaddr.h"
#include "winrmlb/proxy/session.h"

namespace winrmlb::app {

// Accepts on one listening socket. Takes several connections per wake-up, but not so many that sessions
// starve.
class Worker::Acceptor {
 public:
  Acceptor(Worker& worker, ListenerId listener, net::Descriptor socket)
      : worker_(worker), listener_(listener), acceptor_(worker.io_) {
    const bool is_v4 = net::local_endpoint(socket.get()).value_or(Endpoint{}).address.is_v4();
    acceptor_.assign(is_v4 ? boost::asio::ip::tcp::v4() : boost::asio::ip::tcp::v6(), socket.release());
    arm();
  }

  void arm() {
    if (std::exchange(armed_, true)) return;
    acceptor_.async_wait(boost::asio::ip::tcp::acceptor::wait_read,
                         [this](const boost::system::error_code& error) {
                           armed_ = false;
                           if (!error && acceptor_.is_open()) take();
                         });
  }
  void stop() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  void take() {
    constexpr int kPerWakeup = 64;
    for (int i = 0; i < kPerWakeup; ++i) {
      auto connection = net::accept_one(acceptor_.native_handle());
      if (connection) {
        worker_.accepted(listener_, *connection);
        continue;
      }
      if (connection.error().code == ErrorCode::Closed) break;
      // No descriptors left: the next tick tries again, instead of spinning on a queue that stays readable.
      worker_.context_.counters.accept_failures.add();
      return;
    }
    arm();
  }

  Worker& worker_;
  const ListenerId listener_;
  boost::asio::ip::tcp::acceptor acceptor_;
  bool armed_ = false;
};

Worker::Worker(std::uint16_t index, Lent lent, std::shared_ptr<const proxy::Snapshot> snapshot)
    : lent_(std::move(lent)),
      access_log_(lent_.access_sink),
      context_(io_, index, lent_.log, access_log_, lent_.open_sessions),
      ticker_(io_) {
  context_.snapshot = std::move(snapshot);
  context_.report_connect_failure = lent_.report_connect_failure;
  context_.report_passive = lent_.report_passive;
}

Worker::~Worker() { join(); }

void Worker::listen(ListenerId listener, net::Descriptor socket) {
  acceptors_[listener] = std::make_unique<Acceptor>(*this, listener, std::move(socket));
}

void Worker::stop_listening(ListenerId listener) {
  const auto found = acceptors_.find(listener);
  if (found == acceptors_.end()) return;
  retire(std::move(found->second));
  acceptors_.erase(found);
}

// Its wait may have ended already, with the handler queued: that runs first, and finds it stopped.
void Worker::retire(std::unique_ptr<Acceptor> acceptor) {
  acceptor->stop();
  boost::asio::post(io_, [retired = std::shared_ptr<Acceptor>(std::move(acceptor))] {});
}

void Worker::start() {
  tick();
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  io_.run();
  access_log_.flush();
  ended_.store(true);
}

void Worker::post(std::function<void(Worker&)> work) {
  boost::asio::post(io_, [this, work = std::move(work)] { work(*this); });
}

void Worker::accepted(ListenerId listener, net::Accepted connection) {
  if (lent_.open_sessions.load(std::memory_order_relaxed) >= lent_.most_sessions) {
    context_.counters.sessions_refused.add();
    (void)net::Descriptor(connection.descriptor);
    return;
  }
  proxy::Session::serve(context_, listener, connection);
}

// The wheel's hand, and whatever else is due now and then.
void Worker::tick() {
  const TimePoint now = net::now();
  context_.wheel.advance(now);
  access_log_.flush_if_older(now);
  for (const auto& [listener, acceptor] : acceptors_)
    acceptor->arm();
  if (draining_ && context_.sessions.size() == 0) return;  // the loop runs out of work and ends
  ticker_.expires_after(net::TimerWheel::kTick);
  ticker_.async_wait([this](const boost::system::error_code& error) {
    if (!error) tick();
  });
}

void Worker::drain() {
  post([](Worker& worker) {
    worker.draining_ = true;
    worker.context_.stopping = true;
    for (auto& [listener, acceptor] : worker.acceptors_)
      worker.retire(std::move(acceptor));
    worker.acceptors_.clear();
    worker.context_.sessions.each([](proxy::Session& session) { session.stop(); });
  });
}

void Worker::cut() {
  post([](Worker& worker) { worker.context_.sessions.each([](proxy::Session& session) { session.cut(); }); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace winrmlb::app
