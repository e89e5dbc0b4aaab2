// HttpServer: the Api over TCP, for monitoring systems, programs and the dashboard. Control thread.
//
// Who comes from this machine may read; whoever brings a token may do everything; everybody may ask /livez,
// /readyz and /metrics. Off loopback it speaks TLS, which the configuration's checks see to. Over plain HTTP
// the Host must be an address or localhost: else any page in an operator's browser could point a name of its
// own here and read along (DNS rebinding).
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/api.h"
#include "winrmlb/admin/tokens.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/listen.h"
#include "winrmlb/net/tls.h"

namespace winrmlb::admin {

class HttpServer {
 public:
  HttpServer(boost::asio::io_context& io, Api& api);
  ~HttpServer();

  /// What new connections go by; at start and at each reload. `tls` null: plain HTTP.
  void use(Tokens tokens, std::shared_ptr<const net::TlsContext> tls);
  Status open(const Endpoint& bind);
  /// On a socket that came from elsewhere.
  Status open(net::ListeningSockets listening);
  std::optional<Endpoint> bound() const;
  /// Of the listening socket, to hand it on; -1: there is none.
  int descriptor() const;
  /// Ends all connections too.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace winrmlb::admin
