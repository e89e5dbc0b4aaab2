#include "winrmlb/sim/server.h"

#include <stdexcept>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "winrmlb/core/text.h"
#include "winrmlb/sim/channel_binding.h"

namespace winrmlb::sim {

namespace {

namespace asio = boost::asio;
constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);

Tcp::endpoint endpoint_of(const Endpoint& endpoint) {
  return {asio::ip::make_address(endpoint.address.text()), endpoint.port};
}

std::string text_of(const Tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

}  // namespace

Server::Server(const Options& options, asio::io_context& io)
    : options_(options),
      io_(io),
      tls_(asio::ssl::context::tls_server),
      authority_(options_),
      service_(options_, io.get_executor()),
      journal_(options_.seen_limit),
      started_(Clock::now()) {
  if (!options_.https) return;
  tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  tls_.use_certificate_chain_file(options_.certificate);
  tls_.use_private_key_file(options_.key, asio::ssl::context::pem);
  tls_channel_ = tls_server_end_point(options_.certificate);
}

std::string Server::start() {
  const auto add = [&](const std::string& port, const std::optional<Endpoint>& endpoint) {
    if (endpoint) listeners_[port] = Listener{port, endpoint_of(*endpoint), nullptr};
  };
  add("http", options_.http);
  add("https", options_.https);
  add("control", options_.control);
  for (auto& [port, listener] : listeners_)
    listen(listener);
  asio::co_spawn(io_, expire_shells(), asio::detached);
  return ready_line();
}

void Server::listen(Listener& listener) {
  try {
    listener.acceptor = std::make_unique<Tcp::acceptor>(io_, listener.endpoint);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error("cannot listen on " + text_of(listener.endpoint) + ": " +
                             error.code().message());
  }
  listener.endpoint =
      listener.acceptor->local_endpoint();  // port 0 has become a real one, kept when reopened
  asio::co_spawn(io_, accept(listener), asio::detached);
}

asio::awaitable<void> Server::accept(Listener& listener) {
  Tcp::acceptor* acceptor = listener.acceptor.get();
  while (true) {
    auto [error, socket] = co_await acceptor->async_accept(kQuietly);
    if (listener.acceptor.get() != acceptor) co_return;  // closed, and perhaps opened anew
    if (error) {
      // Out of descriptors, most likely: wait for some to come back.
      asio::steady_timer pause(io_, milliseconds(50));
      co_await pause.async_wait(kQuietly);
      continue;
    }
    if (listener.port == "control") {
      asio::co_spawn(io_, serve_control(*this, std::move(socket)), asio::detached);
    } else if (listener.port == "https") {
      asio::co_spawn(io_, serve_tls(*this, std::move(socket)), asio::detached);
    } else {
      asio::co_spawn(io_, serve_plain(*this, std::move(socket)), asio::detached);
    }
  }
}

asio::awaitable<void> Server::expire_shells() {
  asio::steady_timer timer(io_);
  while (true) {
    timer.expires_after(seconds(1));
    const auto [error] = co_await timer.async_wait(kQuietly);
    if (error) co_return;
    service_.shells().expire(Clock::now());
  }
}

void Server::stop() {
  for (auto& [port, listener] : listeners_)
    listener.acceptor.reset();
  io_.stop();
}

double Server::uptime() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }

void Server::set_trouble(Trouble trouble) {
  trouble_ = std::move(trouble);
  for (auto& [port, listener] : listeners_) {
    if (port == "control") continue;
    const bool refuse =
        trouble_.mode == TroubleMode::Refuse && (trouble_.port.empty() || trouble_.port == port);
    if (refuse) listener.acceptor.reset();
    if (!refuse && !listener.acceptor) listen(listener);
  }
}

std::size_t Server::cut_connections() {
  std::size_t count = 0;
  for (const auto& [number, socket] : *sockets_) {
    boost::system::error_code ignored;
    socket->set_option(asio::socket_base::linger(true, 0), ignored);
    socket->close(ignored);
    ++count;
  }
  return count;
}

std::string Server::ready_line() const {
  std::string out = "{\"name\":\"";
  append_json_escaped(out, options_.name);
  out += "\",\"pid\":" + std::to_string(getpid());
  for (const auto& [port, listener] : listeners_)
    out += ",\"" + port + "\":\"" + text_of(listener.endpoint) + "\"";
  return out + "}";
}

}  // namespace winrmlb::sim
