#include "winrmlb/net/asio_tls.h"

#include <openssl/ssl.h>

namespace winrmlb::net {

std::shared_ptr<AsioTls> asio_tls(std::shared_ptr<const TlsContext> context) {
  SSL_CTX_up_ref(context->native());  // Asio's gives one back
  auto asio = std::make_unique<boost::asio::ssl::context>(context->native());
  return std::make_shared<AsioTls>(AsioTls{std::move(context), std::move(asio)});
}

}  // namespace winrmlb::net
