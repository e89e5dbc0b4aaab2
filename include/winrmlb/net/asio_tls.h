// TLS for admin's HTTP server, whose library wants an Asio stream: a TlsContext of ours in Asio's clothes.
//
// Only there: a session's TLS is the leaner one of tls.h. Control thread.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "winrmlb/net/tls.h"

namespace winrmlb::net {

/// Holds on to the TlsContext, which its callbacks use.
struct AsioTls {
  std::shared_ptr<const TlsContext> ours;
  std::unique_ptr<boost::asio::ssl::context> asio;
};

std::shared_ptr<AsioTls> asio_tls(std::shared_ptr<const TlsContext> context);

}  // namespace winrmlb::net
