// HttpServer: /metrics, /livez and /readyz over HTTP, for monitoring systems. Runs on the control thread.
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "winrmlb/admin/view.h"
#include "winrmlb/core/address.h"
#include "winrmlb/core/result.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::admin {

class HttpServer {
 public:
  HttpServer(boost::asio::io_context& io, Verbs verbs);
  ~HttpServer();

  Status open(const Endpoint& bind);
  /// On a socket that came from elsewhere.
  Status open(net::ListeningSockets listening);
  std::optional<Endpoint> bound() const;
  /// Of the listening socket, to hand it on; -1: there is none.
  int descriptor() const;
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace winrmlb::admin
