#include "scenarios/support/scripted_server.h"

#include <chrono>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <gtest/gtest.h>

#include "winrmlb/net/sockaddr.h"

namespace winrmlb::scenarios {

namespace {

int bound_to(const char* address, Endpoint& endpoint) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const net::SocketAddress any(Endpoint{*IpAddress::parse(address), 0});
  EXPECT_EQ(::bind(descriptor, any.get(), any.size()), 0);
  endpoint = net::local_endpoint(descriptor).value_or(Endpoint{});
  return descriptor;
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, const char* address, int backlog)
    : script_(std::move(script)), listening_(bound_to(address, endpoint_)) {
  EXPECT_EQ(::listen(listening_, backlog), 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  vanish();
  for (auto& serving : serving_)
    serving.thread.join();
}

std::vector<Client> ScriptedServer::stop_accepting() {
  std::unique_lock lock(mutex_);
  accepting_ = false;
  // Whoever comes first is still accepted; only then does the queue fill.
  std::vector<Client> waiting;
  if (auto first = Client::try_to_connect(endpoint_, std::chrono::seconds(10)))
    waiting.push_back(std::move(*first));
  accepting_changed_.wait(lock, [this] { return holding_; });
  lock.unlock();
  for (;;) {
    auto client = Client::try_to_connect(endpoint_, std::chrono::milliseconds(50));
    if (!client) return waiting;
    waiting.push_back(std::move(*client));
  }
}

void ScriptedServer::accept_again() {
  const std::lock_guard lock(mutex_);
  accepting_ = true;
  accepting_changed_.notify_all();
}

void ScriptedServer::vanish() {
  if (gone_.exchange(true)) return;
  accept_again();
  ::shutdown(listening_, SHUT_RDWR);
  acceptor_.join();
  ::close(listening_);
  const std::lock_guard lock(mutex_);
  for (const auto& serving : serving_) {
    if (!serving.end || serving.end->descriptor() < 0) continue;
    const linger now{1, 0};
    ::setsockopt(serving.end->descriptor(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ::shutdown(serving.end->descriptor(), SHUT_RDWR);
  }
}

void ScriptedServer::accept_all() {
  for (;;) {
    const int descriptor = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    std::unique_lock lock(mutex_);
    holding_ = true;
    accepting_changed_.notify_all();
    accepting_changed_.wait(lock, [this] { return accepting_; });
    holding_ = false;
    auto& serving = serving_.emplace_back();
    serving.thread = std::thread([this, &serving, descriptor] { serve(serving, descriptor); });
  }
}

void ScriptedServer::serve(Serving& serving, int descriptor) {
  End end(descriptor, &mutex_);
  const auto enter = [&](End* here) {
    const std::lock_guard lock(mutex_);
    serving.end = here;
  };
  enter(&end);
  if (end.has_byte()) {
    ++connections_;
    script_(end);
  }
  enter(nullptr);
}

ScriptedServer::Script echo(std::string name) {
  return [name = std::move(name)](End& end) {
    while (end.read_request().whole)
      end.send(ok(name));
  };
}

DeadPort::DeadPort(const char* address) : descriptor_(bound_to(address, endpoint_)) {}
DeadPort::~DeadPort() { ::close(descriptor_); }

void Moment::come() {
  const std::lock_guard lock(mutex_);
  here_ = true;
  changed_.notify_all();
}

bool Moment::wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [this] { return here_; });
}

}  // namespace winrmlb::scenarios
