// The simulated server as a whole: listeners, connections, the service behind them, and the control endpoint.
//
// One thread, one io_context. Everything that lives in the server is reached through it; a connection is a
// coroutine that owns its socket and its login, and is listed here so that it can be cut from outside.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include "winrmlb/sim/journal.h"
#include "winrmlb/sim/login.h"
#include "winrmlb/sim/options.h"
#include "winrmlb/sim/service.h"
#include "winrmlb/sim/trouble.h"

namespace winrmlb::sim {

using Tcp = boost::asio::ip::tcp;

class Server {
 public:
  Server(const Options& options, boost::asio::io_context& io);

  /// Binds and listens; throws with a sentence that names the address. Returns the ready line, one JSON
  /// object.
  std::string start();
  void stop();

  // What connections and the control endpoint need.
  const Options& options() const { return options_; }
  const Authority& authority() const { return authority_; }
  Service& service() { return service_; }
  Journal& journal() { return journal_; }
  Trouble& trouble() { return trouble_; }
  boost::asio::ssl::context& tls() { return tls_; }
  /// What logins on the TLS port are bound to.
  const std::string& tls_channel() const { return tls_channel_; }
  double uptime() const;

  void set_trouble(Trouble trouble);
  /// Resets every client connection; returns how many there were.
  std::size_t cut_connections();
  std::uint64_t connections_accepted() const { return accepted_; }
  std::size_t connections_open() const { return sockets_->size(); }

  /// Open sockets by the number of their connection. A connection enters itself and leaves at its end;
  /// shared, because the last coroutines end with the io_context, after the server.
  using Sockets = std::map<std::uint64_t, Tcp::socket*>;
  const std::shared_ptr<Sockets>& sockets() { return sockets_; }
  std::uint64_t next_connection() { return ++accepted_; }

 private:
  struct Listener {
    std::string port;  // "http", "https", "control"
    Tcp::endpoint endpoint;
    std::unique_ptr<Tcp::acceptor> acceptor;
  };
  void listen(Listener& listener);
  boost::asio::awaitable<void> accept(Listener& listener);
  boost::asio::awaitable<void> expire_shells();
  std::string ready_line() const;

  const Options& options_;
  boost::asio::io_context& io_;
  boost::asio::ssl::context tls_;
  std::string tls_channel_;
  Authority authority_;
  Service service_;
  Journal journal_;
  Trouble trouble_;
  TimePoint started_;
  std::map<std::string, Listener> listeners_;
  std::shared_ptr<Sockets> sockets_ = std::make_shared<Sockets>();
  std::uint64_t accepted_ = 0;
};

/// Serves one client connection until it ends (connection.cpp).
boost::asio::awaitable<void> serve_plain(Server& server, Tcp::socket socket);
boost::asio::awaitable<void> serve_tls(Server& server, Tcp::socket socket);
/// Serves one connection to the control endpoint (control.cpp).
boost::asio::awaitable<void> serve_control(Server& server, Tcp::socket socket);

}  // namespace winrmlb::sim
