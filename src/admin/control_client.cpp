#include "winrmlb/admin/control_client.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace winrmlb::admin {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace json = boost::json;
using asio::local::stream_protocol;

namespace {

constexpr std::uint64_t kMostAnswer = std::uint64_t{1} << 30;

Error failed(std::string what) { return {ErrorCode::System, Side::Local, std::move(what)}; }

}  // namespace

Result<Reply> ControlClient::ask(std::string_view method, std::string_view target,
                                 const json::object& body) const {
  boost::system::error_code error;
  asio::io_context io;
  stream_protocol::socket socket(io);
  socket.connect(stream_protocol::endpoint(socket_path_), error);
  if (error) {
    return failed("no winrm-lb answers on " + socket_path_ + " (" + error.message() +
                  "); is it running, and is this the admin.socket of its configuration?");
  }
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(boost::beast::string_view(method.data(), method.size()));
  request.target("/api/v1" + std::string(target));
  request.set(http::field::host, "localhost");
  request.keep_alive(false);
  if (!body.empty()) {
    request.set(http::field::content_type, "application/json");
    request.body() = json::serialize(body);
  }
  request.prepare_payload();
  http::write(socket, request, error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMostAnswer);
  if (!error) http::read(socket, buffer, parser, error);
  if (error) return failed("winrm-lb broke off its answer: " + error.message());

  const auto& response = parser.get();
  auto parsed = json::parse(response.body(), error);
  if (error || !parsed.is_object()) return failed("winrm-lb gave no sensible answer");
  auto& object = parsed.get_object();
  if (response.result_int() >= 300) {
    const auto* detail = object.if_contains("detail");
    return Error{ErrorCode::Config, Side::Local,
                 detail && detail->is_string() ? std::string(detail->get_string()) : response.body()};
  }
  return Reply{response.body(), std::move(object)};
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace winrmlb::admin
