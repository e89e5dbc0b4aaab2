#include "winrmlb/admin/http_server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "accept_loop.h"
#include "winrmlb/admin/metrics.h"
#include "winrmlb/net/listen.h"

namespace winrmlb::admin {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr seconds kRequestWithin{10};
constexpr std::uint64_t kMostBody = 64 * 1024;

using Response = http::response<http::string_body>;

Response answer(const http::request<http::string_body>& request, http::status status, std::string type,
                std::string body) {
  Response response(status, request.version());
  response.set(http::field::content_type, type);
  response.keep_alive(request.keep_alive());
  response.body() = std::move(body);
  response.prepare_payload();
  return response;
}

Response respond(const http::request<http::string_body>& request, const Verbs& verbs) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    auto refusal =
        answer(request, http::status::method_not_allowed, "text/plain", "only GET is answered here\n");
    refusal.set(http::field::allow, "GET, HEAD");
    return refusal;
  }
  const std::string_view target(request.target().data(), request.target().size());
  const auto path = target.substr(0, target.find('?'));
  if (path == "/livez") return answer(request, http::status::ok, "text/plain", "alive\n");
  if (path == "/readyz") {
    return is_ready(verbs.view())
               ? answer(request, http::status::ok, "text/plain", "ready\n")
               : answer(request, http::status::service_unavailable, "text/plain", "not ready\n");
  }
  if (path == "/metrics") {
    return answer(request, http::status::ok, "text/plain; version=0.0.4; charset=utf-8",
                  metrics(verbs.view()));
  }
  return answer(request, http::status::not_found, "text/plain", "there are /metrics, /livez and /readyz\n");
}

asio::awaitable<void> serve(boost::beast::tcp_stream stream, Verbs verbs) {
  boost::beast::flat_buffer buffer;
  for (bool more = true; more;) {
    boost::system::error_code error;
    http::request_parser<http::string_body> parser;
    parser.body_limit(kMostBody);
    stream.expires_after(kRequestWithin);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    auto response = respond(parser.get(), verbs);
    if (parser.get().method() == http::verb::head) response.body().clear();
    more = response.keep_alive();
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
  }
  boost::system::error_code ignored;
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

struct HttpServer::Impl {
  Impl(asio::io_context& io, Verbs lent) : verbs(std::move(lent)), acceptor(io), pause(io) {}
  Verbs verbs;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::optional<Endpoint> bound;
};

HttpServer::HttpServer(asio::io_context& io, Verbs verbs) : impl_(new Impl(io, std::move(verbs))) {}

HttpServer::~HttpServer() = default;

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
  const auto start = [this](tcp::socket socket) {
    return serve(boost::beast::tcp_stream(std::move(socket)), impl_->verbs);
  };
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
}

}  // namespace winrmlb::admin
