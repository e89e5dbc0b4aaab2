#include "winrmlb/admin/http_server.h"

#include <boost/asio/ip/tcp.hpp>

#include "accept_loop.h"
#include "http_connection.h"
#include "winrmlb/core/text.h"
#include "winrmlb/net/asio_tls.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::admin {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// "[::1]:9585" → "::1", "localhost:9585" → "localhost".
std::string_view host_of(std::string_view field) {
  if (field.starts_with('[')) return field.substr(1, field.find(']') - 1);
  return field.substr(0, field.find(':'));
}

bool is_nobodys_name(std::string_view host) {
  return IpAddress::parse(host) || equals_ignoring_case(host, "localhost") ||
         (host.size() > 10 && equals_ignoring_case(host.substr(host.size() - 10), ".localhost"));
}

Endpoint endpoint_of(const tcp::endpoint& end) {
  const auto parsed = IpAddress::parse(end.address().to_string());
  return {parsed.value_or(IpAddress()), end.port()};
}

Caller caller_of(const Presented& request, const Endpoint& from, const Tokens& tokens) {
  Caller caller{.who = "anybody", .from = from.text(), .proof = Caller::Proof::Token, .refused = {}};
  if (from.address.is_loopback()) caller.may = Caller::May::Read;
  const auto authorization = request.authorization;
  if (authorization.empty()) return caller;
  if (const auto name = tokens.name_of(authorization)) {
    caller.who = "token " + *name;
    caller.may = Caller::May::Change;
  } else {
    caller.refused = tokens.empty() ? "there are no tokens: admin.token_file names none"
                                    : "the token is none of the file at admin.token_file";
  }
  return caller;
}

std::optional<ApiAnswer> refusal_of(const Presented& request) {
  if (!request.target.starts_with("/api/")) return std::nullopt;
  const auto host = host_of(request.host);
  if (is_nobodys_name(host)) return std::nullopt;
  return problem(421, "over plain HTTP this is reached by address or as localhost, not as '" +
                          std::string(host.substr(0, 100)) + "'");
}

}  // namespace

struct HttpServer::Impl {
  Impl(asio::io_context& io, Api& lent) : api(lent), acceptor(io), pause(io) {}

  asio::awaitable<void> serve(tcp::socket socket);

  Api& api;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::optional<Endpoint> bound;
  std::shared_ptr<const Tokens> tokens = std::make_shared<const Tokens>();
  std::shared_ptr<net::AsioTls> tls;
  std::shared_ptr<OpenConnections> open = std::make_shared<OpenConnections>();
};

asio::awaitable<void> HttpServer::Impl::serve(tcp::socket socket) {
  boost::system::error_code gone;
  const Endpoint from = endpoint_of(socket.remote_endpoint(gone));
  if (gone) co_return;
  const Doorman doorman{
      .caller = [from, known = tokens](const Presented& request) { return caller_of(request, from, *known); },
      .refuse = [secured = tls != nullptr](
                    const Presented& request) { return secured ? std::nullopt : refusal_of(request); }};
  // Both outlive the server, should it be destroyed first.
  const auto connections = open;
  const auto context = tls;
  co_await serve_http(std::move(socket), context.get(), api, doorman, *connections);
}

HttpServer::HttpServer(asio::io_context& io, Api& api) : impl_(new Impl(io, api)) {}

HttpServer::~HttpServer() = default;

void HttpServer::use(Tokens tokens, std::shared_ptr<const net::TlsContext> tls) {
  impl_->tokens = std::make_shared<const Tokens>(std::move(tokens));
  impl_->tls = tls ? net::asio_tls(std::move(tls)) : nullptr;
}

Status HttpServer::open(const Endpoint& bind) {
  auto listening = net::listen_on(bind, 1);
  if (!listening) return listening.error();
  return open(std::move(*listening));
}

Status HttpServer::open(net::ListeningSockets listening) {
  const Endpoint bound = listening.bound;
  boost::system::error_code error;
  impl_->acceptor.assign(bound.address.is_v4() ? tcp::v4() : tcp::v6(), listening.sockets.front().release(),
                         error);
  if (error)
    return Error{ErrorCode::System, Side::Local, "cannot watch " + bound.text() + ": " + error.message()};
  impl_->bound = bound;
  const auto start = [this](tcp::socket socket) { return impl_->serve(std::move(socket)); };
  asio::co_spawn(impl_->acceptor.get_executor(), accept_all(impl_->acceptor, impl_->pause, start),
                 asio::detached);
  return Done{};
}

std::optional<Endpoint> HttpServer::bound() const { return impl_->bound; }

int HttpServer::descriptor() const {
  return impl_->acceptor.is_open() ? impl_->acceptor.native_handle() : -1;
}

void HttpServer::close() {
  boost::system::error_code ignored;
  impl_->acceptor.close(ignored);
  impl_->pause.cancel();
  impl_->open->end_all();
}

}  // namespace winrmlb::admin
