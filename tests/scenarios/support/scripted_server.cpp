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

ScriptedServer::ScriptedServer(Script script, const char* address)
    : script_(std::move(script)), listening_(bound_to(address, endpoint_)) {
  EXPECT_EQ(::listen(listening_, 1024), 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  vanish();
  for (auto& serving : serving_)
    serving.thread.join();
}

void ScriptedServer::vanish() {
  if (gone_.exchange(true)) return;
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
    const std::lock_guard lock(mutex_);
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
