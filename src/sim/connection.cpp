// One client connection: requests are read, and answered by its responder, one after the other.
//
// The shape of the answers is that of http.sys: an empty reason phrase, Server, Date and Content-Length.
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "responder.h"
#include "winrmlb/sim/answer.h"
#include "winrmlb/sim/server.h"

namespace winrmlb::sim {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::awaitable;
using Parser = http::request_parser<http::string_body>;

constexpr auto kQuietly = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t kMostBody = 32ULL * 1024 * 1024;

template <typename Stream>
class Connection {
 public:
  Connection(Server& server, Stream& stream, std::string port)
      : server_(server), stream_(stream), responder_(server, socket(), std::move(port)) {}

  awaitable<void> serve() {
    while (co_await exchange()) {
    }
    beast::error_code ignored;
    socket().shutdown(Tcp::socket::shutdown_both, ignored);
  }

 private:
  Tcp::socket& socket() { return beast::get_lowest_layer(stream_).socket(); }

  // One request and its answer; false ends the connection.
  awaitable<bool> exchange() {
    Parser parser;
    parser.body_limit(kMostBody);
    parser.header_limit(64 * 1024);
    Answer answer;
    const unsigned refused = co_await read(parser);
    if (refused == 1) co_return false;
    if (refused != 0) {
      answer = plain_refusal(refused);
    } else {
      responder_.begin(parser.get());
      co_await responder_.answer(parser.get(), answer);
      answer.close = answer.close || !parser.get().keep_alive();
    }
    const bool kept = co_await write(answer);
    responder_.end(answer);
    co_return kept && !answer.close;
  }

  // 0: read; 1: the connection is over; else the status to refuse with.
  awaitable<unsigned> read(Parser& parser) {
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(server_.options().timers.idle_connection);
    auto [error, bytes] = co_await http::async_read_header(stream_, buffer_, parser, kQuietly);
    if (!error && beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::buffer(kContinue), kQuietly);
    }
    if (!error && !parser.is_done()) {
      std::tie(error, bytes) = co_await http::async_read(stream_, buffer_, parser, kQuietly);
    }
    lowest.expires_never();
    if (!error) co_return 0U;
    if (error == http::error::body_limit) co_return 413U;
    const bool malformed = error.category() == http::make_error_code(http::error::bad_method).category() &&
                           error != http::error::end_of_stream && error != http::error::partial_message;
    co_return malformed ? 400U : 1U;
  }

  // False: the connection is not to be used further.
  awaitable<bool> write(const Answer& answer) {
    if (answer.trouble == TroubleMode::Close) co_return false;
    if (answer.trouble == TroubleMode::ResetBefore) co_return reset();
    if (answer.trouble == TroubleMode::Slow) {
      asio::steady_timer pause(socket().get_executor(), server_.trouble().delay);
      co_await pause.async_wait(kQuietly);
    }
    const std::string head = head_of(answer);
    std::string_view body = answer.body;
    if (answer.trouble == TroubleMode::Reset) body = body.substr(0, body.size() / 2);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
    auto& lowest = beast::get_lowest_layer(stream_);
    lowest.expires_after(server_.options().timers.idle_connection);
    const auto [error, bytes] = co_await asio::async_write(stream_, parts, kQuietly);
    lowest.expires_never();
    if (error) co_return false;
    if (answer.trouble == TroubleMode::Reset) co_return reset();
    co_return true;
  }

  bool reset() {
    beast::error_code ignored;
    socket().set_option(asio::socket_base::linger(true, 0), ignored);
    socket().close(ignored);
    return false;
  }

  Server& server_;
  Stream& stream_;
  Responder responder_;
  beast::flat_buffer buffer_;
};

}  // namespace

awaitable<void> serve_plain(Server& server, Tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  Connection<beast::tcp_stream> connection(server, stream, "http");
  co_await connection.serve();
}

awaitable<void> serve_tls(Server& server, Tcp::socket socket) {
  asio::ssl::stream<beast::tcp_stream> stream(beast::tcp_stream(std::move(socket)), server.tls());
  beast::get_lowest_layer(stream).expires_after(seconds(30));
  const auto [error] = co_await stream.async_handshake(asio::ssl::stream_base::server, kQuietly);
  if (error) co_return;
  Connection<asio::ssl::stream<beast::tcp_stream>> connection(server, stream, "https");
  co_await connection.serve();
}

}  // namespace winrmlb::sim
