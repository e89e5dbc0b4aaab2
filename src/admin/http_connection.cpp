#include "http_connection.h"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http.hpp>

#include "winrmlb/core/time.h"
#include "winrmlb/http/reply.h"

namespace winrmlb::admin {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;
using PlainStream = boost::beast::basic_stream<asio::generic::stream_protocol>;

constexpr seconds kHandshakeWithin{5};

std::string_view view_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

Presented presented(const HttpRequest& request) {
  return {.target = view_of(request.target()),
          .host = view_of(request[http::field::host]),
          .authorization = view_of(request[http::field::authorization])};
}

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

ApiRequest to_api(const HttpRequest& request, const Doorman& doorman) {
  const auto method = request.method_string();
  const auto target = request.target();
  return {.method = std::string(method.data(), method.size()),
          .target = std::string(target.data(), target.size()),
          .body = request.body(),
          .if_match = text_of(request[http::field::if_match]),
          .if_none_match = text_of(request[http::field::if_none_match]),
          .caller = doorman.caller(presented(request))};
}

HttpResponse to_http(const HttpRequest& request, ApiAnswer answer) {
  HttpResponse response(http::int_to_status(answer.status), request.version());
  response.result(answer.status);
  response.reason(winrmlb::http::reason_phrase(static_cast<std::uint16_t>(answer.status)));
  response.set(http::field::content_type, answer.type);
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : answer.fields)
    response.set(name, value);
  if (answer.events) {
    // As long as it lasts: its end is the connection's.
    response.keep_alive(false);
    return response;
  }
  response.keep_alive(request.keep_alive());
  response.body() = std::move(answer.body);
  response.prepare_payload();
  if (request.method() == http::verb::head) {
    const auto length = response[http::field::content_length];
    const std::string kept(length.data(), length.size());
    response.body().clear();
    response.set(http::field::content_length, kept);
  }
  return response;
}

// The Api's answer, when it comes.
boost::asio::awaitable<ApiAnswer> ask(Api& api, ApiRequest request) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void(ApiAnswer)>(
      [&api](auto handler, const ApiRequest& asked) {
        auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
        api.answer(asked, [waiting](ApiAnswer answer) {
          const auto executor = asio::get_associated_executor(*waiting);
          asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
            std::move (*waiting)(std::move(answer));
          });
        });
      },
      asio::use_awaitable, std::move(request));
}

// Sends what is published until the subscription is over or the client has left.
template <typename Stream>
boost::asio::awaitable<void> send_events(Stream& stream, std::shared_ptr<Subscription> subscription) {
  constexpr seconds kTakeWithin{10};
  constexpr seconds kSilence{15};
  asio::steady_timer woken(stream.get_executor());
  subscription->wake = [&woken] { woken.cancel(); };
  boost::system::error_code error;
  while (!error) {
    if (subscription->waiting.empty() && subscription->over) break;
    if (subscription->waiting.empty()) {
      woken.expires_after(kSilence);
      boost::system::error_code by;
      co_await woken.async_wait(asio::redirect_error(asio::use_awaitable, by));
      // Nothing for a while: a comment finds out whether the client is still there.
      if (!by && subscription->waiting.empty())
        subscription->waiting.push_back(std::make_shared<const std::string>(":\n\n"));
      continue;
    }
    const Frame frame = std::move(subscription->waiting.front());
    subscription->waiting.pop_front();
    boost::beast::get_lowest_layer(stream).expires_after(kTakeWithin);
    co_await asio::async_write(stream, asio::buffer(*frame),
                               asio::redirect_error(asio::use_awaitable, error));
  }
  subscription->wake = nullptr;
}

// The answer was given before the request was whole: closing with bytes unread could take it back.
template <typename Stream>
boost::asio::awaitable<void> discard_rest(Stream& stream) {
  constexpr seconds kDiscardWithin{2};
  constexpr std::size_t kMostDiscarded = 1024 * 1024;
  boost::system::error_code error;
  auto& lowest = boost::beast::get_lowest_layer(stream);
  lowest.socket().shutdown(asio::socket_base::shutdown_send, error);
  lowest.expires_after(kDiscardWithin);
  std::string buffer(4096, '\0');
  for (std::size_t discarded = 0; !error && discarded < kMostDiscarded;) {
    discarded += co_await lowest.async_read_some(asio::buffer(buffer),
                                                 asio::redirect_error(asio::use_awaitable, error));
  }
}

// Requests and their answers, until either side has had enough.
template <typename Stream>
boost::asio::awaitable<void> exchange_all(Stream& stream, Api& api, const Doorman& doorman) {
  constexpr seconds kRequestWithin{10};
  constexpr seconds kAnswerWithin{30};
  constexpr std::uint32_t kMostHead = 16 * 1024;
  constexpr std::uint64_t kMostBody = 64 * 1024;
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  for (bool more = true; more && !error;) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMostHead);
    parser.body_limit(kMostBody);
    boost::beast::get_lowest_layer(stream).expires_after(kRequestWithin);
    co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
    const bool too_large = error == http::error::body_limit || error == http::error::header_limit;
    if (error && !too_large) co_return;
    error = {};
    ApiAnswer answer;
    if (too_large) {
      answer = problem(413, "a request has at most 16 KiB of head and 64 KiB of body here");
      parser.get().keep_alive(false);
    } else if (auto refused = doorman.refuse(presented(parser.get()))) {
      answer = std::move(*refused);
    } else {
      ApiRequest request = to_api(parser.get(), doorman);
      answer = co_await ask(api, std::move(request));
    }
    const auto events = answer.events;
    HttpResponse response = to_http(parser.get(), std::move(answer));
    boost::beast::get_lowest_layer(stream).expires_after(kAnswerWithin);
    if (events && parser.get().method() != http::verb::head) {
      http::response_serializer<http::string_body> serializer(response);
      co_await http::async_write_header(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
      if (!error) co_await send_events(stream, events);
      co_return;
    }
    more = response.keep_alive();
    co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
    if (too_large) co_await discard_rest(stream);
  }
}

asio::awaitable<void> serve_plain(StreamSocket socket, Api& api, const Doorman& doorman,
                                  OpenConnections& open) {
  PlainStream stream(std::move(socket));
  const auto place = open.add([&stream] { stream.close(); });
  co_await exchange_all(stream, api, doorman);
  boost::system::error_code ignored;
  stream.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  open.remove(place);
}

asio::awaitable<void> serve_secured(StreamSocket socket, net::AsioTls& tls, Api& api, const Doorman& doorman,
                                    OpenConnections& open) {
  PlainStream plain(std::move(socket));
  asio::ssl::stream<PlainStream> stream(std::move(plain), *tls.asio);
  const auto place = open.add([&stream] { stream.next_layer().close(); });
  boost::system::error_code error;
  stream.next_layer().expires_after(kHandshakeWithin);
  co_await stream.async_handshake(asio::ssl::stream_base::server,
                                  asio::redirect_error(asio::use_awaitable, error));
  if (!error) {
    co_await exchange_all(stream, api, doorman);
    stream.next_layer().expires_after(kHandshakeWithin);
    co_await stream.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }
  open.remove(place);
}

}  // namespace

asio::awaitable<void> serve_http(StreamSocket socket, net::AsioTls* tls, Api& api, const Doorman& doorman,
                                 OpenConnections& open) {
  if (open.full()) co_return;
  if (tls) {
    co_await serve_secured(std::move(socket), *tls, api, doorman, open);
  } else {
    co_await serve_plain(std::move(socket), api, doorman, open);
  }
}

}  // namespace winrmlb::admin
